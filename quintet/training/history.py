"""Training history: one row of figures for each epoch."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quintet.data.result_table import SHOWN, ends, text_table, to_frame
from quintet.errors import warn
from quintet.models.recipe import Stage
from quintet.storage import write

PRINTED = ("stage", "epoch", "loss", "distortion", "rate", "val_loss", "seconds")
"""Columns of the printed table."""


@dataclass(repr=False)
class History:
    """History with one JSON-able row for each epoch.

    Keys of a row: ``stage`` (name), ``epoch`` (from 1), ``loss``, ``distortion`` and ``rate`` (nats per row, means over
    the epoch), ``kl_per_latent`` (list, nats), ``seconds``, ``rows_per_s``, ``learning_rate`` and ``rate_weight`` at
    the end of the epoch, ``penalty_<name>``, ``loss_<group>`` of further optimiser groups, and ``val_loss``,
    ``val_distortion``, ``val_rate`` with held-out rows. Keys that do not apply are absent.
    Printed, it is a table of some columns.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Sentences about the run, such as that it was resumed or stopped early."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        """A table of the first and the last epochs, losses in nats per row, and the notes."""
        epochs = f"{len(self)} epoch{'' if len(self) == 1 else 's'}"
        columns = {name: values for name, values in self._columns().items() if name in PRINTED}
        table = [text_table(ends(columns, SHOWN))] if self.rows else []
        return "\n".join([f"History of {epochs}", *table, *(f"note: {note}" for note in self.notes)])

    def to_frame(self, library: str | None = None) -> Any:
        """The rows as a frame, without a value in cells whose key is absent.

        Parameters
        ----------
        library : "pandas" or "polars"; None: pandas if it is installed, else Polars.
        """
        return to_frame(self._columns(), library)

    def _columns(self) -> dict[str, list[Any]]:
        return {name: [row.get(name) for row in self.rows] for name in history_columns(self.rows)}

    def stage(self, name: str) -> list[dict[str, Any]]:
        """The rows of one stage."""
        return [row for row in self.rows if row["stage"] == name]

    def latest(self, name: str) -> str:
        """The last row of a stage in words, "" before its first epoch ends."""
        rows = self.stage(name)
        if not rows:
            return ""
        return f"epoch {rows[-1]['epoch']}: loss {rows[-1]['loss']:.4g}, {rows[-1]['rows_per_s']:,.0f} rows/s"

    def check(self, stage: Stage) -> None:
        """Run the stage's own check on its rows; note its finding and warn."""
        found = stage.check(self.stage(stage.name)) if stage.check is not None else None
        if found is not None:
            self.notes.append(found)
            warn(found)

    def to_json(self) -> str:
        """JSON text for ``from_json``."""
        return json.dumps({"rows": self.rows, "notes": self.notes})

    @classmethod
    def from_json(cls, text: str) -> History:
        """Read the text of ``to_json``."""
        held = json.loads(text)
        return cls(held["rows"], held["notes"])

    def to_csv(self, path: str | Path) -> None:
        """Write the table of ``csv`` to a file."""
        write(path, self.csv().encode())

    def csv(self) -> str:
        """The rows as a CSV table; a list is one cell with its numbers separated by spaces."""
        text = io.StringIO()
        writer = csv.DictWriter(text, history_columns(self.rows), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in self.rows)
        return text.getvalue()


def history_columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """All keys of the rows, in order of first appearance."""
    return list(dict.fromkeys(key for row in rows for key in row))


def _cell(value: Any) -> Any:
    return " ".join(f"{v:.6g}" for v in value) if isinstance(value, list) else value
