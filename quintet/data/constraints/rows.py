"""Rows of cells and all constraints of their table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.constraints.any_constraint import AnyConstraint
from quintet.data.constraints.base import legal, modelled
from quintet.data.constraints.combination_domains import CombinationDomains
from quintet.data.constraints.sums import Sum


def completed(
    columns: Sequence[AnyColumn], constraints: Sequence[AnyConstraint], cells: Array, fixed: Array | None = None
) -> Array:
    """Rows that obey the constraints as far as their ``fixed`` cells, (n, cells) of bool, allow; None: none is fixed.

    Values that follow from others are computed: totals from their parts, before totals of totals.
    """
    if not constraints:
        return cells
    out, kept = cells.copy(), np.zeros(cells.shape, dtype=bool) if fixed is None else fixed
    domains = CombinationDomains(columns, constraints, torch.device("cpu"))
    domains.complete(torch.from_numpy(out), torch.from_numpy(kept))
    for constraint in inner_first(constraints):
        constraint.complete(columns, out, kept)
    return out


def broken_rows(columns: Sequence[AnyColumn], constraints: Sequence[AnyConstraint], cells: Array) -> dict[str, Array]:
    """The rows that break each constraint, by its words; constraints that hold everywhere are left out."""
    own = modelled(columns)
    at = np.stack([legal(column, cells[:, place]) for place, column in enumerate(own)], 1) if constraints else cells
    found = {constraint.describe(): np.flatnonzero(constraint.broken(columns, at)) for constraint in constraints}
    return {words: rows for words, rows in found.items() if len(rows)}


def inner_first(constraints: Sequence[AnyConstraint]) -> list[AnyConstraint]:
    """Combinations, then sums, those of which a total is a part before it, then orders."""
    sums = [constraint for constraint in constraints if isinstance(constraint, Sum)]
    ranked: list[AnyConstraint] = []
    while sums:
        totals = {one.total for one in sums}
        ready = [one for one in sums if not totals & set(one.parts)] or sums[:1]
        ranked += ready
        sums = [one for one in sums if one not in ready]
    rank = {"combinations": 0, "sum": 1, "order": 2}
    return sorted([c for c in constraints if not isinstance(c, Sum)] + ranked, key=lambda c: rank[c.type])
