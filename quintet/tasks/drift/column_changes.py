"""The changes of each column: of its values, its missing cells and its surprise, and their p-values."""

from __future__ import annotations

import torch
from scipy.stats import false_discovery_control

from quintet.artifacts.column_shares import ColumnShares
from quintet.data.columns.levels import Constant
from quintet.data.columns.numbers import Continuous, Integer
from quintet.data.dataset import Rows
from quintet.models.fitted import Fitted
from quintet.tasks.drift.column_tests import (
    Array,
    Change,
    Known,
    levels_change,
    missing_change,
    numbers_change,
    surprise_change,
)

CLEAR = 0.01
"""p-value below which a change of the values or of the missing cells of a column is stated rather than its surprise."""


def column_changes(
    fitted: Fitted, rows: Rows, shares: ColumnShares, held: list[Array], new: list[Array]
) -> list[list[Change]]:
    """The tests of each column."""
    found = []
    for i, (column, known) in enumerate(zip(fitted.schema.cell_columns, known_columns(shares), strict=True)):
        there = torch.ones(len(rows), dtype=torch.bool) if rows.observed is None else rows.observed[:, i]
        x = rows.values[:, i][there].double().numpy()
        if column.codes:
            values = levels_change(known, x)
        else:
            values = numbers_change(known, x, isinstance(column, Continuous | Integer))
        missing = missing_change(known, int((~there).sum()), len(rows))
        constant = isinstance(column, Constant)  # whose surprise says something of the other cells alone
        tests = (values, missing, None if constant else surprise_change(held[i], new[i]))
        found.append([change for change in tests if change is not None])
    return found


def known_columns(shares: ColumnShares) -> list[Known]:
    """The columns of the training rows, from the file."""
    cell = shares.cell.numpy()
    value, share = (t.double().numpy() for t in (shares.value, shares.share))
    others = (shares.observed, shares.missing, shares.mean, shares.spread)
    return [
        Known(value[cell == i], share[cell == i], observed, float(shares.rows), missing, mean, spread)
        for i, (observed, missing, mean, spread) in enumerate(zip(*(t.tolist() for t in others), strict=True))
    ]


def adjusted(changes: list[list[Change]]) -> list[tuple[float, float, Change | None]]:
    """p-value, q-value and the clearest change of each column; the tests of a column are combined by Bonferroni."""
    p = [min(1.0, len(tests) * min((c.p_value for c in tests), default=1.0)) for tests in changes]
    q = false_discovery_control(p)
    return [(p[i], float(q[i]), _clearest(tests)) for i, tests in enumerate(changes)]


def _clearest(tests: list[Change]) -> Change | None:
    """The change with the smallest p-value; the surprise only where values and missing cells are as before."""
    seen = [change for change in tests if change.kind != "surprise" and len(tests) * change.p_value <= CLEAR]
    return min(seen or tests, key=lambda change: change.p_value, default=None)
