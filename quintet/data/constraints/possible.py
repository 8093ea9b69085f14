"""What the cells of a row can be where some are given, by all constraints together; None: no row can have them.

The possible values of all cells are narrowed until each constraint allows each of them (arc consistency:
Mackworth, 1977; of sums and orders by their ends), and cells of several possible values are then tried one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.columns.bins import NARROW
from quintet.data.columns.numbers import Integer
from quintet.data.constraints.any_constraint import AnyConstraint
from quintet.data.constraints.base import modelled, support_of, unit
from quintet.data.constraints.combinations import Combinations
from quintet.data.constraints.sums import ROUNDING, Sum

Spans = npt.NDArray[np.float64]
"""Closed intervals of cells (n, 2), ascending and apart; single values are intervals of length 0."""
MOST_ROUNDS = 50
"""Most times that each constraint narrows."""
MOST_TRIED = 500
"""Most partial rows that are tried before a row counts as possible."""


class PossibleRows:
    """The rows that some constraints allow.

    Parameters
    ----------
    columns : of the table.
    constraints : of its rows.
    """

    def __init__(self, columns: Sequence[AnyColumn], constraints: Sequence[AnyConstraint]) -> None:
        self.own = modelled(columns)
        self.laws = [
            _Law(one, one.places(columns), np.array(getattr(one, "rows", ()), dtype=np.float64)) for one in constraints
        ]
        self.places = sorted({place for law in self.laws for place in law.places})

    def of(self, given: Mapping[int, Spans]) -> dict[int, Spans] | None:
        """What the constrained cells can be beside given ones, by their places; None: no row has the given cells."""
        laws = self._reached(given)
        found = self._narrowed({place: given.get(place, self._whole(place)) for place in self.places}, laws)
        return found if found is not None and self._has_row(found, laws) else None

    def _reached(self, given: Mapping[int, Spans]) -> list[_Law]:
        """The constraints that connect given cells with others."""
        reached, laws = set(given), list[_Law]()
        while more := [law for law in self.laws if law not in laws and reached & set(law.places)]:
            laws += more
            reached |= {place for law in more for place in law.places}
        return laws

    def _whole(self, place: int) -> Spans:
        """Every cell that the column can have."""
        support = support_of(self.own[place])
        low, high = (
            (-np.inf if support.low is None else support.low),
            (np.inf if support.high is None else support.high),
        )
        return np.array([[low, high]])

    def _has_row(self, domains: dict[int, Spans], laws: Sequence[_Law]) -> bool:
        """Whether a row has cells within narrowed domains; True, too, if it takes too long to see."""
        places = sorted({place for law in laws for place in law.places})
        ends = [place for law in laws if not isinstance(law.own, Combinations) for place in law.places]
        if _is_forest(laws) and all(len(domains[place]) == 1 for place in ends):
            return True
        open_, tried = [domains], 0
        while open_ and tried < MOST_TRIED:
            own, tried = open_.pop(), tried + 1
            several = [place for place in places if len(own[place]) > 1]
            if not several:
                return True
            place = min(several, key=lambda p: len(own[p]))
            for part in (own[place][1:], own[place][:1]):
                narrowed = self._narrowed({**own, place: part}, laws)
                if narrowed is not None:
                    open_.append(narrowed)
        return bool(open_)

    def _narrowed(self, domains: dict[int, Spans], laws: Sequence[_Law]) -> dict[int, Spans] | None:
        """The domains without what a constraint excludes; None if nothing is left of one."""
        out = dict(domains)
        for _ in range(MOST_ROUNDS):
            before = dict(out)
            for law in laws:
                out |= self._by(law, out)
                if any(not len(out[place]) for place in law.places):
                    return None
            if all(np.array_equal(out[place], before[place]) for place in self.places):
                break
        return out

    def _by(self, law: _Law, domains: Mapping[int, Spans]) -> dict[int, Spans]:
        """The domains of a law's cells, narrowed by it alone."""
        if isinstance(law.own, Combinations):
            return self._in_combinations(law, domains) if len(law.rows) else {}
        ends = self._in_sum(law, domains) if isinstance(law.own, Sum) else self._in_order(law, domains)
        return {place: self._cut(place, domains[place], *own) for place, own in ends.items()}

    def _in_combinations(self, law: _Law, domains: Mapping[int, Spans]) -> dict[int, Spans]:
        """The values that occur in a combination of possible values."""
        alive = np.ones(len(law.rows), dtype=bool)
        for j, place in enumerate(law.places):
            alive &= within(law.rows[:, j], domains[place], self._reach(place))
        return {place: np.unique(law.rows[alive, j])[:, None].repeat(2, 1) for j, place in enumerate(law.places)}

    def _in_sum(self, law: _Law, domains: Mapping[int, Spans]) -> dict[int, tuple[float, float]]:
        """The ends that the other members leave to each."""
        *parts, total = law.places
        offset = {place: support_of(self.own[place]).offset for place in law.places}
        apart = float(sum(offset[part] for part in parts) - offset[total])
        hull = {place: (domains[place][0, 0], domains[place][-1, 1]) for place in law.places}
        steps = [self.own[place].spacing for place in law.places]
        size = max([abs(end) for place in parts for end in hull[place] if np.isfinite(end)], default=0.0)
        slack = min(steps) / 4 if min(steps) > 0 else 2 * ROUNDING * size
        low, high = (sum(hull[part][end] for part in parts) for end in (0, 1))
        found = {total: (low + apart - slack, high + apart + slack)}
        for part in parts:
            others = [hull[other] for other in parts if other != part]
            least, most = (sum(one[end] for one in others) for end in (0, 1))
            found[part] = hull[total][0] - apart - most - slack, hull[total][1] - apart - least + slack
        return found

    def _in_order(self, law: _Law, domains: Mapping[int, Spans]) -> dict[int, tuple[float, float]]:
        """The ends that the cells before and after leave to each."""
        units = np.array([unit(self.own[place]) for place in law.places])
        offsets = [support_of(self.own[place]).offset for place in law.places]
        shift = np.array([float(offset - offsets[0]) for offset in offsets])
        low = np.maximum.accumulate([domains[place][0, 0] for place in law.places] * units + shift)
        high = np.minimum.accumulate(([domains[place][-1, 1] for place in law.places] * units + shift)[::-1])[::-1]
        ends = (low - shift) / units, (high - shift) / units
        return {place: (ends[0][j], ends[1][j]) for j, place in enumerate(law.places)}

    def _cut(self, place: int, spans: Spans, low: float, high: float) -> Spans:
        """The part of a domain between two ends, on the grid of the column."""
        column = self.own[place]
        step, base = column.spacing, 0.0
        if isinstance(column, Integer):
            base = support_of(column).seen_low or 0.0
        if step:
            first, last = (low - base) / step, (high - base) / step
            slack = ROUNDING + 1e-15 * max(abs(end) for end in (first, last, 0.0) if np.isfinite(end))
            low, high = base + step * np.ceil(first - slack), base + step * np.floor(last + slack)
        cut = np.stack([np.maximum(spans[:, 0], low), np.minimum(spans[:, 1], high)], 1)
        touching = spans[:, 0] == spans[:, 1]  # values stay as they are: ends of the grid are rounded
        near = (spans[:, 0] >= low - step / 4) & (spans[:, 0] <= high + step / 4)
        return np.where(touching[:, None], spans, cut)[np.where(touching, near, cut[:, 0] <= cut[:, 1])]

    def _reach(self, place: int) -> float:
        """Distance up to which two values of a column are the same."""
        support, step = support_of(self.own[place]), self.own[place].spacing
        return step / 4 if step else NARROW * ((support.seen_high or 0.0) - (support.seen_low or 0.0))


@dataclass(frozen=True, eq=False)
class _Law:
    """A constraint, the places of its cells, and its combinations (n, places)."""

    own: AnyConstraint
    places: Sequence[int]
    rows: Array


def _is_forest(laws: Sequence[_Law]) -> bool:
    """Whether any two constraints are connected in one way at most, by one cell: arc consistency then suffices."""
    group: dict[int, int] = {}
    for number, law in enumerate(laws):
        known = [group[place] for place in law.places if place in group]
        if len(set(known)) < len(known):
            return False
        joined = {place for place, own in group.items() if own in known} | set(law.places)
        group |= dict.fromkeys(joined, number)
    return True


def within(values: Array, spans: Spans, reach: float = 0.0) -> npt.NDArray[np.bool_]:
    """Which values lie in one of some intervals."""
    at = np.searchsorted(spans[:, 0] - reach, values, side="right") - 1
    return np.asarray((at >= 0) & (values <= spans[np.maximum(at, 0), 1] + reach))
