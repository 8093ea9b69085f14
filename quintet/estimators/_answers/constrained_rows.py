"""Rows of cells of a table made to obey its constraints, and a warning where they cannot."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from quintet.data.constraints.rows import broken_rows, completed
from quintet.data.schema import Array, Schema
from quintet.errors import QuintetWarning


def obeying(schema: Schema, cells: Array, fixed: Array, missing: Array | None = None) -> Array:
    """Rows (n, cells) of a table in the user's units that obey the schema's constraints; ``fixed`` cells stay.

    Parameters
    ----------
    missing : (n, cells) of bool, True at cells whose value means nothing.
    """
    if not schema.constraints:
        return cells
    gone = np.zeros(cells.shape, dtype=bool) if missing is None else missing
    found = completed(schema.columns, schema.constraints, np.where(gone, np.nan, cells), fixed)
    free = np.asarray((~fixed & ~gone).any(1))
    for words, rows in broken_rows(schema.columns, schema.constraints, found).items():
        wrong = int(free[rows].sum())
        if wrong:
            warnings.warn(
                f"{wrong} of {len(cells)} rows break the constraint '{words}', because their known cells, or the "
                "columns' bounds and decimals, leave no other value: check these cells, or the constraints.",
                QuintetWarning,
                stacklevel=4,
            )
    return np.where(gone, cells, found)


def at_places(cells: Array, places: Sequence[int]) -> Array:
    """(n, cells) of bool, True at some places."""
    fixed = np.zeros(cells.shape, dtype=bool)
    fixed[:, list(places)] = True
    return fixed
