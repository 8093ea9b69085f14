"""The answer to a question, before it is written in the form that the client asks for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from quintet.extras import extra


@dataclass(frozen=True)
class Answer:
    """What a question returns.

    Parameters
    ----------
    rows : filled, clean or new rows: an array (n, *row_shape), an Arrow table, or a list of lines; None: no rows.
    draws : sets of rows, for each draw one; None: not asked.
    table : name -> a value for each row, (n,) or (n, *row_shape).
    more : what is of all rows together.
    blob : bytes of a compressed file.
    notes : sentences about the rows that need attention.
    """

    rows: Any = None
    draws: tuple[Any, ...] | None = None
    table: dict[str, Any] | None = None
    more: dict[str, Any] = field(default_factory=dict)
    blob: bytes | None = None
    notes: tuple[str, ...] = ()

    def part(self, start: int, count: int) -> Answer:
        """The answer of ``count`` rows from ``start``, of a call that several requests shared."""
        table = None if self.table is None else {name: v[start : start + count] for name, v in self.table.items()}
        return replace(self, rows=None if self.rows is None else rows_at(self.rows, start, count), table=table)


def rows_at(rows: Any, start: int, count: int) -> Any:
    """Some rows of an array, an Arrow table or a list."""
    return rows.slice(start, count) if hasattr(rows, "slice") else rows[start : start + count]


def joined(parts: list[Any]) -> Any:
    """Rows of several requests one after the other."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    with extra("serve", "The service"):
        import pyarrow

    return pyarrow.concat_tables(parts)
