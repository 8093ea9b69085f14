"""What the processes of a training have to agree on; a process that trains alone agrees with itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from quintet.row_share import ALL_ROWS, RowShare


@dataclass(frozen=True)
class Moment:
    """Clock and requests at a point between two steps."""

    now: float  # seconds of the run
    save: bool = False  # whether a checkpoint is due
    stop: bool = False  # whether the user pressed Ctrl-C


class Processes:
    """One process; ``quintet.training.process_group`` has several.

    Attributes
    ----------
    rank : number of this process, from 0.
    count : number of processes.
    """

    rank, count = 0, 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes files, measures what the answers need and calls the callbacks."""
        return self.rank == 0

    def share(self, rows: int) -> RowShare:
        """The rows of a batch of so many that this process computes."""
        return ALL_ROWS

    def add(self, tensor: Tensor) -> Tensor:
        """Sum over the processes, in place and without a gradient."""
        return tensor

    def add_gradients(self, parameters: Sequence[Tensor]) -> None:
        """Replace each parameter's gradient by the sum over the processes; one without any gradient keeps none."""

    def agree(self, moment: Moment) -> Moment:
        """The first process's clock and checkpoint; to stop, if any process was asked to."""
        return moment

    def align(self, tensors: Iterable[Tensor]) -> None:
        """Write the first process's values into these tensors of the same shapes."""

    def check_equal(self, digest: str) -> None:
        """Raise ``InputError`` if the processes were given different rows or options, by their hash."""

    def from_first(self, work: Callable[[], bytes]) -> bytes:
        """What ``work`` returns in the first process, which alone runs it; an error of it is raised in all."""
        return work()


ALONE = Processes()


def values(tensors: Mapping[str, Tensor]) -> list[Tensor]:
    """Tensors in the order of their names, which is the same in all processes."""
    return [tensors[name] for name in sorted(tensors)]
