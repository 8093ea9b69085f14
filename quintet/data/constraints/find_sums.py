"""Columns that are the sum of others in every training row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import EXACT, Array
from quintet.data.columns.numbers import Continuous, Integer
from quintet.data.constraints.base import modelled, support_of
from quintet.data.constraints.sums import Sum
from quintet.data.scaling import parts_of

LOOKED_AT = 2_000
"""Rows in which sums are searched for, before all rows are looked at."""
FEWEST = 50
"""Fewest rows without a missing number."""
ZERO = 1e-9
"""Coefficients and singular values below count as 0, relative to the largest."""


def find_sums(columns: Sequence[AnyColumn], cells: Array) -> list[Sum]:
    """The linear relations among columns of numbers, as sums where all coefficients are 1."""
    own = modelled(columns)
    places = [place for place, column in enumerate(own) if _is_number(column)]
    if len(places) < 2:
        return []
    complete = np.concatenate([~np.isnan(cells[part][:, places]).any(1) for part in parts_of(cells)])
    some = np.flatnonzero(complete)[:: max(1, int(complete.sum()) // LOOKED_AT)]
    rows = cells[some][:, places] + np.array([support_of(own[place]).offset for place in places], dtype=np.float64)
    if len(rows) < max(FEWEST, 2 * len(places)):
        return []
    found = []
    for relation in _relations(rows):
        law = _sum_of(relation, [own[place].name for place in places])
        if law is not None and not any(law.broken(columns, cells[part]).any() for part in parts_of(cells)):
            found.append(law)
    return found


def _is_number(column: AnyColumn) -> bool:
    """Whether a column of numbers varies, and float64 represents its values exactly."""
    if not isinstance(column, Continuous | Integer):
        return False
    low, high, offset = column.support.seen_low, column.support.seen_high, column.support.offset
    return low is not None and high is not None and low < high and abs(low + offset) < EXACT and high + offset < EXACT


def _relations(rows: Array) -> list[Array]:
    """A basis of the coefficients w (columns,) with rows @ w = 0, each with as many zeros as elimination finds."""
    scale = np.abs(rows).max(0)
    scale[scale == 0] = 1.0
    _, size, basis = np.linalg.svd(rows / scale, full_matrices=False)
    largest = np.argsort(-np.abs(rows).mean(0), kind="stable")  # totals are eliminated first
    return [relation / scale for relation in _eliminated(basis[size <= ZERO * size[0]], largest)]


def _eliminated(left: Array, order: Array) -> list[Array]:
    """Gauss-Jordan elimination of the columns in an order; each row keeps a pivot that no other row has."""
    pending = list(range(len(left)))
    for column in order:
        if not pending:
            break
        size = np.abs(left[pending, column])
        if size.max() <= 1e-6 * np.abs(left).max():
            continue
        row = pending.pop(int(size.argmax()))
        left[row] /= left[row, column]
        others = np.arange(len(left)) != row
        left[others] -= np.outer(left[others, column], left[row])
    return list(left)


def _sum_of(relation: Array, names: Sequence[str]) -> Sum | None:
    """The sum of which a relation consists: coefficients of one size, one of them of the other sign."""
    size = np.abs(relation)
    used = np.flatnonzero(size > 1e-6 * size.max(initial=0.0))
    signs = np.rint(relation[used] / size[used[0]]) if len(used) else np.zeros(0)
    if len(used) < 2 or not np.allclose(relation[used] / size[used[0]], signs, atol=1e-6) or set(signs) != {-1.0, 1.0}:
        return None
    for sign in (-1.0, 1.0):
        alone = used[signs == sign].tolist()
        if len(alone) == 1:
            return Sum(total=names[alone[0]], parts=tuple(names[i] for i in used.tolist() if i != alone[0]))
    return None
