"""Columns of which one determines the other in every training row (functional dependencies)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.constraints.base import modelled
from quintet.data.constraints.combinations import Combinations

MOST_VALUES = 127
"""Most distinct values of a column."""
ROWS_PER_VALUE = 5
"""Fewest rows for each value of the determining column."""
EVIDENCE = 30.0
"""Least surprise, in nats, of the determined values if the columns were independent."""
LOOKED_AT = 2_000
"""Rows on which most pairs are ruled out."""
MISSING = -1


def find_combinations(columns: Sequence[AnyColumn], cells: Array) -> list[Combinations]:
    """A constraint for each pair of columns of which one determines the other, unless it follows from others."""
    own = modelled(columns)
    codes = {place: found for place, column in enumerate(own) if (found := _codes(column, cells[:, place])) is not None}
    above: dict[int, set[int]] = {place: set() for place in codes}
    for a, b in combinations(codes, 2):
        for one, other in ((a, b), (b, a)):
            if _determines(codes[one], codes[other]):
                above[one].add(other)
    return [Combinations(columns=(own[a].name, own[b].name)) for a, b in _not_implied(above)]


def _codes(column: AnyColumn, cells: Array) -> Array | None:
    """Numbers of the distinct values, ``MISSING`` for missing and rare ones; None: one, or too many."""
    gone = np.isnan(cells) if not column.open else np.isnan(cells) | (cells == column.codes - 1)
    values = np.unique(cells[:LOOKED_AT][~gone[:LOOKED_AT]])
    if len(values) > MOST_VALUES:
        return None
    values, found = np.unique(cells[~gone], return_inverse=True)
    if not 2 <= len(values) <= MOST_VALUES:
        return None
    out = np.full(len(cells), MISSING)
    out[~gone] = found
    return out


def _determines(a: Array, b: Array) -> bool:
    """Whether each value of a has one value of b, in enough rows."""
    return _one_to_one_part(a[:LOOKED_AT], b[:LOOKED_AT]) is not None and _is_certain(a, b)


def _one_to_one_part(a: Array, b: Array) -> tuple[Array, Array] | None:
    """Values of a and b in rows that have both, if each value of a has one of b; else None."""
    both = (a != MISSING) & (b != MISSING)
    a, b = a[both], b[both]
    first = np.zeros(int(a.max(initial=0)) + 1, dtype=b.dtype)
    first[a] = b
    return (a, b) if (first[a] == b).all() else None


def _is_certain(a: Array, b: Array) -> bool:
    found = _one_to_one_part(a, b)
    if found is None or not len(found[0]):
        return False
    a, b = found
    _, first = np.unique(a, return_index=True)
    if len(a) < ROWS_PER_VALUE * len(first):
        return False
    share = np.bincount(b) / len(b)
    surprise = -np.log(share[b])
    return bool(surprise.sum() - surprise[first].sum() >= EVIDENCE)


def _not_implied(above: dict[int, set[int]]) -> list[tuple[int, int]]:
    """Pairs of places (determining, determined) without those that follow by way of a third column."""
    equal = {a: min([a, *(b for b in above[a] if a in above[b])]) for a in above}
    pairs = [(representative, a) for a, representative in equal.items() if representative != a]
    edges = {a: {equal[b] for b in above[a]} - {a} for a in above if equal[a] == a}
    for a, found in edges.items():
        pairs += [(a, b) for b in sorted(found) if not any(b in edges[c] for c in found - {b})]
    return sorted(pairs)
