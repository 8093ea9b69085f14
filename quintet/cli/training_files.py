"""The files of `quintet fit`: the model, the checkpoint beside it while it trains, and the history."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from quintet.arguments.model_endings import refuse_foreign_ending
from quintet.cli import output

if TYPE_CHECKING:
    from quintet.training import History


class Estimator(Protocol):
    """What ``fit`` trains."""

    def save(self, path: Path, *, force: bool = True) -> None:
        """Write the model's file."""


@dataclass(frozen=True)
class TrainingFiles:
    """Files that a training writes.

    Parameters
    ----------
    model : the model's file.
    checkpoint : the state of training, which --resume continues from.
    history : a row for each epoch; None: not written.
    force : whether files that are there are replaced.
    """

    model: Path
    checkpoint: Path
    history: output.OutputPath | None
    force: bool

    @classmethod
    def of(cls, out: Path, history: Path | None, force: bool) -> TrainingFiles:
        """The files of --out and --history, which can be written."""
        refuse_foreign_ending(out, "--out")
        output.output_path(out, force)
        table = None if history is None else output.output_path(history, force, (".csv",))
        checkpoint = out.with_name(f"{out.name}.checkpoint")
        output.output_path(checkpoint, force=True)
        return cls(out, checkpoint, table, force)

    def write(self, estimator: Estimator, history: History) -> None:
        """Write the model and its history."""
        estimator.save(self.model, force=self.force)
        if self.history is not None:
            output.write_file(self.history, history.csv().encode())

    def remove_checkpoint(self) -> None:
        """Remove the checkpoint of a training that is complete."""
        self.checkpoint.unlink(missing_ok=True)
