"""What several processes of a training agree on, by sums over them."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

import torch
from torch import Tensor

from quintet import errors
from quintet.errors import InputError, ProcessLost, QuintetError
from quintet.row_share import PartOfRows, RowShare
from quintet.training.processes import Moment, Processes


class SeveralProcesses(Processes):
    """Several processes, each with a share of the rows of every batch. All call each method at the same points.

    Parameters
    ----------
    rank : number of this process, from 0.
    count : number of processes, at least 2.
    """

    def __init__(self, rank: int, count: int) -> None:
        self.rank, self.count = rank, count

    @abstractmethod
    def add(self, tensor: Tensor, patient: bool = False) -> Tensor:
        """Sum over the processes, in place and without a gradient.

        Parameters
        ----------
        patient : wait without the limit on the time, for what the first process alone does.
        """

    def share(self, rows: int) -> RowShare:
        """Contiguous rows, as many as the other processes have; all of a batch with fewer rows than processes."""
        if rows < self.count:
            return RowShare(weight=1 / self.count, counted=1 / self.count)
        start, stop = (number * rows // self.count for number in (self.rank, self.rank + 1))
        return PartOfRows(start, stop, rows, self.add)

    @torch.no_grad()
    def add_gradients(self, parameters: Sequence[Tensor]) -> None:
        """Replace each parameter's gradient by the sum over the processes; one without any gradient keeps none.

        All gradients of a type are added at once, together with the number of processes that have each.
        """
        for dtype, each in groupby(sorted(parameters, key=lambda p: str(p.dtype)), key=lambda p: p.dtype):
            some = list(each)
            has = torch.tensor([p.grad is not None for p in some], dtype=dtype, device=some[0].device)
            parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in some]
            found = self.add(torch.cat([*(part.reshape(-1) for part in parts), has]))
            *sums, having = torch.split(found, [*(p.numel() for p in some), len(some)])
            for parameter, total, number in zip(some, sums, having, strict=True):
                if parameter.grad is not None:
                    parameter.grad.copy_(total.view_as(parameter))
                elif number > 0:
                    parameter.grad = total.view_as(parameter).clone()

    def agree(self, moment: Moment) -> Moment:
        """The first process's clock and checkpoint; to stop, if any process was asked to."""
        first = self.is_first
        mine = [moment.now if first else 0.0, float(moment.save and first), float(moment.stop)]
        now, save, stop = self.add(torch.tensor(mine, dtype=torch.float64)).tolist()
        return Moment(now, bool(save), bool(stop))

    @torch.no_grad()
    def align(self, tensors: Iterable[Tensor]) -> None:
        """Write the first process's values into these tensors of the same shapes."""
        for _, each in groupby(sorted(tensors, key=lambda t: str(t.device)), key=lambda t: t.device):
            some = list(each)
            bits = torch.cat([t.detach().contiguous().reshape(-1).view(torch.uint8) for t in some])
            self.add(bits if self.is_first else bits.zero_())
            sizes = [t.numel() * t.element_size() for t in some]
            for tensor, part in zip(some, torch.split(bits, sizes), strict=True):
                tensor.copy_(part.clone().view(tensor.dtype).view(tensor.shape))

    def check_equal(self, digest: str) -> None:
        """Raise ``InputError`` if the processes were given different rows or options, by their hash."""
        found = torch.zeros(self.count, 32, dtype=torch.int32)
        found[self.rank] = torch.tensor(list(hashlib.sha256(digest.encode()).digest()), dtype=torch.int32)
        self.add(found)
        other = (found != found[0]).any(1).nonzero()[:, 0].tolist()
        if other:
            raise InputError(
                f"All processes must be given the same rows and options, process {other[0]} has others than process 0: "
                "give every process all rows, of which each computes its share."
            )

    def from_first(self, work: Callable[[], bytes]) -> bytes:
        """What ``work`` returns in the first process, which alone runs it; an error of it is raised in all."""
        if not self.is_first:
            return self._handed_out(b"")
        try:
            data = work()
        except BaseException as error:
            self._handed_out(f"{type(error).__name__} {error}".encode(), failed=True)
            raise
        return self._handed_out(data)

    def _handed_out(self, data: bytes, failed: bool = False) -> bytes:
        size, problem = self.add(torch.tensor([len(data), failed], dtype=torch.int64), patient=True).tolist()
        content = torch.zeros(size, dtype=torch.uint8)
        if self.is_first and size:
            content.copy_(torch.frombuffer(bytearray(data), dtype=torch.uint8))
        found = self.add(content, patient=True).numpy().tobytes() if size else b""
        if problem and not self.is_first:
            raise _error(found.decode())
        return found


def _error(text: str) -> QuintetError:
    """The error that the first process raised, of the same class if it is one of quintet."""
    name, _, sentence = text.partition(" ")
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, QuintetError):
        return kind(sentence)
    return ProcessLost(f"Process 0 failed ({text}): see its own message.")
