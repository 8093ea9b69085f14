"""The column that all cells of a kind share: the one table from kinds of cells to columns.

Rows of version 0.1 and all arrays store one kind for all their cells. What asks how such cells behave asks their column
or its ``Support``, as it asks the columns of a table.
"""

from __future__ import annotations

from functools import lru_cache

from quintet.data.cell_kinds import Kind
from quintet.data.columns.base import Support
from quintet.data.columns.levels import Boolean
from quintet.data.columns.numbers import Continuous, Count
from quintet.data.columns.pixels import Pixel
from quintet.data.columns.tokens import Token

LARGEST_COUNT = 2**24
"""Float32 represents every whole number up to this one."""
LARGEST_VOCABULARY = 2**16
"""Most tokens of a vocabulary."""
CellColumn = Pixel | Continuous | Boolean | Count | Token


@lru_cache(maxsize=256)
def shared_column(kind: Kind, levels: int = 256, dtype: str = "float64") -> CellColumn | None:
    """The column of every cell of a kind; None for "columns", whose cells share none.

    Parameters
    ----------
    levels : number of grey levels; of counts, one more than the largest in training.
    dtype : the NumPy type of the user's cells.
    """
    name = "cell"
    if kind == "image8":
        return Pixel(name=name, dtype=dtype, support=Support(low=0, high=levels - 1, step=1))
    if kind == "unit":
        return Continuous(name=name, dtype=dtype, support=Support(low=0, high=1))
    if kind == "binary":
        return Boolean(name=name, dtype=dtype, levels=(False, True) if dtype == "bool" else (0, 1))
    if kind == "token":
        return Token(name=name, dtype=dtype, support=Support(low=0, high=levels - 1, step=1))
    if kind == "count":
        return Count(name=name, dtype=dtype, support=Support(low=0, seen_high=levels - 1, step=1))
    return Continuous(name=name, dtype=dtype) if kind == "real" else None


@lru_cache(maxsize=8)
def shared_columns(kind: Kind, levels: int, dtype: str, names: tuple[str, ...]) -> tuple[CellColumn, ...]:
    """The column of each name, all of them alike."""
    column = shared_column(kind, levels, dtype)
    return () if column is None else tuple(column.model_copy(update={"name": name}) for name in names)


@lru_cache(maxsize=256)
def shared_support(kind: Kind, levels: int = 256) -> Support:
    """The values that every cell of a kind can have; no bounds where each cell has its own units."""
    column = shared_column(kind, levels)
    return Support() if column is None else column.support


def widest_support(kind: Kind) -> Support:
    """The values that cells of a kind can have in any model: of tokens those of the largest vocabulary."""
    return shared_support(kind, LARGEST_VOCABULARY if kind == "token" else 256)


def limits(support: Support) -> tuple[float, float]:
    """The smallest and the largest value that a model holds; numbers of at least 0 reach ``LARGEST_COUNT``."""
    if support.low is None:
        return float("-inf"), float("inf")
    return support.low, LARGEST_COUNT if support.high is None else support.high
