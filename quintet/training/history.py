"""What happened in each epoch, as rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quintet.storage import write


@dataclass
class History:
    """One row an epoch, JSON-able.

    ``stage`` (name), ``epoch`` (from 1), ``loss``, ``distortion`` and ``rate`` (nats per row, means over the epoch),
    ``kl_per_latent`` (list, nats), ``seconds``, ``rows_per_s``, ``learning_rate`` and ``rate_weight`` at the epoch's
    end, ``penalty_<name>``, ``loss_<player>`` of further players, and ``val_loss``, ``val_distortion``, ``val_rate``
    where rows are held out. What does not apply is left out.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Sentences about the run: resumed, started afresh, stopped early."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def stage(self, name: str) -> list[dict[str, Any]]:
        """The rows of one stage."""
        return [row for row in self.rows if row["stage"] == name]

    def to_json(self) -> str:
        """Text that ``from_json`` takes."""
        return json.dumps({"rows": self.rows, "notes": self.notes})

    @classmethod
    def from_json(cls, text: str) -> History:
        """Read what ``to_json`` wrote."""
        held = json.loads(text)
        return cls(held["rows"], held["notes"])

    def to_csv(self, path: str | Path) -> None:
        """Write the rows as ``csv`` gives them."""
        write(path, self.csv().encode())

    def csv(self) -> str:
        """The rows as a table; a list stands in one cell, its numbers with spaces between."""
        text = io.StringIO()
        writer = csv.DictWriter(text, history_columns(self.rows), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in self.rows)
        return text.getvalue()


def history_columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """All keys, in the order in which they first come."""
    return list(dict.fromkeys(key for row in rows for key in row))


def _cell(value: Any) -> Any:
    return " ".join(f"{v:.6g}" for v in value) if isinstance(value, list) else value
