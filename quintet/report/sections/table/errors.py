"""Errors of numbers and of levels in words, and the rows on which they are measured."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.report.gather import some, take_rows
from quintet.report.material import Array
from quintet.report.table_material import TableMaterial

NUMBERS, LEVELS = "numbers, RMSE in standard deviations", "levels, share wrong"


def chosen_rows(m: TableMaterial) -> tuple[Any, Array]:
    """Some evaluated rows, and their cells."""
    index = some(m.truth, 100 if m.quick else 300, m.seed)
    return take_rows(m.test, index), m.truth[index]


def usual_value(column: Array, level: bool) -> float:
    """The mean of a number, the most frequent code of a level."""
    there = column[~np.isnan(column)]
    if not len(there):
        return 0.0
    return float(np.bincount(there.astype(int)).argmax()) if level else float(there.mean())


def error_text(value: float) -> str:
    """An error with three decimals; "" where there is none."""
    return "" if np.isnan(value) else f"{value:.3f}"


def kinds_of(pair: tuple[float, float]) -> str:
    """What the errors of a pair are measured in."""
    kinds = [name for name, value in zip((NUMBERS, LEVELS), pair, strict=True) if not np.isnan(value)]
    return "; ".join(kinds)


def pair_text(pair: tuple[float, float]) -> str:
    """Errors of numbers and of levels, those that there are."""
    return ", ".join(error_text(value) for value in pair if not np.isnan(value))
