"""What loaded rows must be: some, with labels of their number, and finite."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from quintet.data.readers.frames import Array
from quintet.data.readers.labels import check_labels
from quintet.data.readers.loaded import Loaded
from quintet.errors import FileRefused

CELLS = 2**24
"""Cells that are looked at together."""


def refuse_unsound_rows(loaded: Loaded, source: str | Path) -> None:
    """Refuse rows without a cell, labels of another number, and infinite cells; errors name the source."""
    x = loaded.x
    if 0 in x.shape or not x.shape:
        raise FileRefused(f"{source} must hold at least one row with one cell, got no rows (shape {x.shape}).")
    if loaded.y is not None:
        check_labels(loaded.y, len(x), f"{source}")
    if loaded.is_table:
        for name in x.column_names:
            if str(x[name].type) in ("float", "double"):
                _refuse_infinite(x[name].to_numpy()[:, None], [name], source)
    else:
        _refuse_infinite(x, loaded.names, source)


def _refuse_infinite(x: Array, names: list[str] | None, source: str | Path) -> None:
    for start in range(0, len(x) if x.dtype.kind == "f" else 0, step := max(1, CELLS // max(1, x[:1].size))):
        part = x[start : start + step]
        if np.isfinite(np.nansum(part, dtype=np.float64)) or not np.isinf(part).any():
            continue
        row, *cell = np.argwhere(np.isinf(part))[0].tolist()
        row += start
        where = f"column {names[cell[0]]!r}" if names else f"cell {tuple(cell)}"
        raise FileRefused(f"{source}, row {row}, {where} is infinite: numbers must be finite, or empty if missing.")
