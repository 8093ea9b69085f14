"""Columns of which one determines the other in every training row (functional dependencies)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.constraints.base import modelled
from quintet.data.constraints.combinations import Combinations
from quintet.data.scaling import parts_of

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
    """A constraint for each pair of columns of which one determines the other, unless it follows from others.

    Rows (n, cells) are read part by part; they may lie in a mapped file.
    """
    own = modelled(columns)
    values = {place: found for place, column in enumerate(own) if (found := _values(column, cells, place)) is not None}
    above: dict[int, set[int]] = {place: set() for place in values}
    for (a, b), table in _tables(own, cells, values).items():
        for one, other, counts in ((a, b, table), (b, a, table.T)):
            if _is_certain(counts):
                above[one].add(other)
    return [Combinations(columns=(own[a].name, own[b].name)) for a, b in _not_implied(above)]


def _values(column: AnyColumn, cells: Array, place: int) -> Array | None:
    """The distinct values of a column but missing and rare ones; None: one, or too many."""
    found = np.zeros(0)
    for part in [slice(LOOKED_AT), *parts_of(cells)]:
        own = cells[part, place]
        found = np.union1d(found, own[~_gone(column, own)])
        if len(found) > MOST_VALUES:
            return None
    return found if len(found) >= 2 else None


def _gone(column: AnyColumn, cells: Array) -> Array:
    """Where a cell is missing, or a level that was rare in training."""
    return np.asarray(np.isnan(cells) if not column.open else np.isnan(cells) | (cells == column.codes - 1))


def _codes(column: AnyColumn, cells: Array, values: Array) -> Array:
    """The number of each cell among the values, ``MISSING`` where it is gone."""
    gone = _gone(column, cells)
    return np.where(gone, MISSING, np.searchsorted(values, np.where(gone, values[0], cells)))


def _tables(own: Sequence[AnyColumn], cells: Array, values: dict[int, Array]) -> dict[tuple[int, int], Array]:
    """How often values occur together, of the pairs of columns of which one may determine the other."""
    few = {place: _codes(own[place], cells[:LOOKED_AT, place], found) for place, found in values.items()}
    pairs = [(a, b) for a, b in combinations(values, 2) if _determines(few[a], few[b]) or _determines(few[b], few[a])]
    tables = {(a, b): np.zeros((len(values[a]), len(values[b])), np.int64) for a, b in pairs}
    for part in parts_of(cells) if tables else ():
        used = {place for pair in tables for place in pair}
        codes = {place: _codes(own[place], cells[part, place], values[place]) for place in used}
        for (a, b), table in list(tables.items()):
            table += _together(codes[a], codes[b], table.shape)
            if not (_is_one_to_one(table) or _is_one_to_one(table.T)):
                del tables[a, b]
    return tables


def _determines(a: Array, b: Array) -> bool:
    """Whether each value of a occurs with one value of b at most."""
    both = (a != MISSING) & (b != MISSING)
    a, b = a[both], b[both]
    first = np.zeros(int(a.max(initial=0)) + 1, dtype=b.dtype)
    first[a] = b
    return bool((first[a] == b).all())


def _together(a: Array, b: Array, shape: tuple[int, ...]) -> Array:
    """How often each value of a occurs with each of b."""
    both = (a != MISSING) & (b != MISSING)
    return np.bincount(a[both] * shape[1] + b[both], minlength=shape[0] * shape[1]).reshape(shape)


def _is_one_to_one(counts: Array) -> bool:
    """Whether each value of the rows of a table occurs with one value of its columns at most."""
    return bool(((counts > 0).sum(1) <= 1).all())


def _is_certain(counts: Array) -> bool:
    """Whether each value of a has one value of b, in enough rows; ``counts`` is (values of a, values of b)."""
    rows, kinds = int(counts.sum()), counts.sum(1) > 0
    if not rows or not _is_one_to_one(counts) or rows < ROWS_PER_VALUE * int(kinds.sum()):
        return False
    times = counts.sum(0)
    surprise = -np.log(np.where(times > 0, times, rows) / rows)
    first = surprise[counts.argmax(1)[kinds]]
    return bool((times * surprise).sum() - first.sum() >= EVIDENCE)


def _not_implied(above: dict[int, set[int]]) -> list[tuple[int, int]]:
    """Pairs of places (determining, determined) without those that follow by way of a third column."""
    equal = {a: min([a, *(b for b in above[a] if a in above[b])]) for a in above}
    pairs = [(representative, a) for a, representative in equal.items() if representative != a]
    edges = {a: {equal[b] for b in above[a]} - {a} for a in above if equal[a] == a}
    for a, found in edges.items():
        pairs += [(a, b) for b in sorted(found) if not any(b in edges[c] for c in found - {b})]
    return sorted(pairs)
