"""Why no row has some given cells: the fewest of them, the constraints they break, and what one of them could be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quintet.data.columns.any_column import AnyColumn
from quintet.data.constraints.any_constraint import AnyConstraint
from quintet.data.constraints.possible import PossibleRows, Spans


@dataclass(frozen=True)
class Conflict:
    """Given cells that no row has together.

    Parameters
    ----------
    places : of these cells; without any one of them there are such rows.
    constraints : that exclude them.
    last : what the last of them can be beside the others.
    """

    places: tuple[int, ...]
    constraints: tuple[AnyConstraint, ...]
    last: Spans


def conflict(
    columns: Sequence[AnyColumn], constraints: Sequence[AnyConstraint], given: Mapping[int, Spans]
) -> Conflict | None:
    """Why no row has the given cells; None if there are such rows."""

    def impossible(laws: Sequence[AnyConstraint], cells: Mapping[int, Spans]) -> bool:
        return PossibleRows(columns, laws).of(cells) is None

    if not constraints or not impossible(constraints, given):
        return None
    cells, laws = dict(given), list(constraints)
    for place in given:
        fewer = {other: spans for other, spans in cells.items() if other != place}
        cells = fewer if impossible(laws, fewer) else cells
    for law in constraints:
        less = [other for other in laws if other is not law]
        laws = less if impossible(less, cells) else laws
    *others, last = cells
    found = PossibleRows(columns, laws).of({place: cells[place] for place in others}) or {}
    return Conflict(tuple(cells), tuple(laws), found.get(last, cells[last][:0]))
