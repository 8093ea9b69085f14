"""Which rows are possible beside given cells: as by trying all rows of small tables, and why none is."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import encode_frame, learn_columns
from quintet.data.constraints.conflicts import conflict
from quintet.data.constraints.learn import learn_constraints, read_constraints
from quintet.data.constraints.possible import PossibleRows, Spans

LAWS = [
    {"type": "combinations", "columns": ["city", "land"]},
    {"type": "combinations", "columns": ["land", "code"]},
    {"type": "sum", "total": "total", "parts": ["net", "tax"]},
    {"type": "order", "columns": ["tax", "first", "last"]},
]
MOST = 5


def table(most: int) -> pd.DataFrame:
    """Cities of three countries, whole numbers and their sums: every legal row of numbers up to ``most``."""
    rows: list[dict[str, Any]] = []
    numbers = [(a, b, c, d) for a, b, c, d in product(range(most + 1), repeat=4) if b <= c <= d]
    for i, (net, tax, first, last) in enumerate(numbers):
        city = i % 6
        land = city // 2
        own = {"city": f"city {city}", "land": f"land {land}", "code": 7 * land}
        rows.append({**own, "net": net, "tax": tax, "total": net + tax, "first": first, "last": last})
    return pd.DataFrame(rows)


READ = read_frame(table(MOST))
COLUMNS = learn_columns(READ)
TRAINING = encode_frame(COLUMNS, READ)
CELLS = encode_frame(COLUMNS, read_frame(table(2 * MOST)))  # totals of training have parts beyond those of training
FOREST = learn_constraints(COLUMNS, TRAINING, read_constraints(LAWS))
CYCLE = (
    *FOREST,
    *learn_constraints(COLUMNS, TRAINING, read_constraints([{"type": "combinations", "columns": ["city", "code"]}])),
)
NAMES = [column.name for column in COLUMNS if column.modelled]
EVERY = {place: np.unique(TRAINING[:, place]) for place in range(len(NAMES))}


@st.composite
def given_cells(draw: st.DrawFn) -> dict[int, Spans]:
    """Some values of some cells, or an interval of numbers."""
    out = {}
    for place in draw(st.lists(st.sampled_from(range(len(NAMES))), min_size=1, max_size=4, unique=True)):
        values = draw(st.lists(st.sampled_from(list(EVERY[place])), min_size=1, max_size=3, unique=True))
        if NAMES[place] not in ("city", "land") and draw(st.booleans()):
            out[place] = np.array([[min(values), max(values)]])
        else:
            out[place] = np.array(sorted(values))[:, None].repeat(2, 1)
    return out


def legal_rows(cells: dict[int, Spans]) -> np.ndarray[Any, Any]:
    """All rows with given cells, by trying: cities and numbers have no constraint in common."""
    kept = {
        place: np.array([any(low <= x <= high for low, high in cells.get(place, [(-9, 99)])) for x in CELLS[:, place]])
        for place in EVERY
    }
    places = [NAMES.index(name) for name in ("city", "land", "code")]
    towns = np.logical_and.reduce([kept[p] for p in places])
    others = np.logical_and.reduce([kept[p] for p in EVERY if p not in places])
    found = [np.unique(CELLS[towns][:, places], axis=0), np.unique(np.delete(CELLS[others], places, 1), axis=0)]
    if not all(len(part) for part in found):
        return np.empty((0, len(NAMES)))
    out = np.empty((len(found[0]) * len(found[1]), len(NAMES)))
    out[:, places] = found[0].repeat(len(found[1]), 0)
    out[:, [p for p in EVERY if p not in places]] = np.tile(found[1], (len(found[0]), 1))
    return out


@pytest.mark.parametrize("laws", [FOREST, CYCLE], ids=["forest", "cycle"])
@given(cells=given_cells())
@settings(max_examples=30, deadline=None)
def test_rows_are_possible_where_trying_finds_one_and_no_possible_value_is_lost(
    laws: Any, cells: dict[int, Spans]
) -> None:
    found, rows = PossibleRows(COLUMNS, laws).of(cells), legal_rows(cells)
    assert (found is not None) == (len(rows) > 0)
    for place, spans in (found or {}).items():
        assert all(any(low <= x <= high for low, high in spans) for x in np.unique(rows[:, place])), NAMES[place]


@pytest.mark.parametrize("laws", [FOREST, CYCLE], ids=["forest", "cycle"])
@given(cells=given_cells())
@settings(max_examples=30, deadline=None)
def test_a_conflict_needs_each_of_its_cells_and_ends_where_it_says(laws: Any, cells: dict[int, Spans]) -> None:
    found = conflict(COLUMNS, laws, cells)
    assert (found is None) == (len(legal_rows(cells)) > 0)
    if found is None:
        return
    own = {place: cells[place] for place in found.places}
    assert not len(legal_rows(own))
    for place in own:
        assert len(legal_rows({p: s for p, s in own.items() if p != place}))
    last = found.places[-1]
    rows = legal_rows({p: s for p, s in own.items() if p != last})
    assert all(any(low <= x <= high for low, high in found.last) for x in rows[:, last])


def spans(*values: float) -> Spans:
    return np.array(values)[:, None].repeat(2, 1)


@pytest.mark.parametrize("decimals", [0, 2, 5])
@pytest.mark.parametrize("size", [50.0, 1e6])
def test_sums_of_decimals_are_exact(decimals: int, size: float) -> None:
    """The sum of given parts is possible, and the next total is not."""
    rng = np.random.default_rng(0)
    parts = (rng.random((60, 3)) * size).round(decimals)
    rows = pd.DataFrame(parts, columns=list("abc")).assign(total=parts.sum(1).round(decimals))
    read = read_frame(rows)
    columns = learn_columns(read)
    cells = encode_frame(columns, read)
    law = [{"type": "sum", "total": "total", "parts": list("abc")}]
    possible = PossibleRows(columns, learn_constraints(columns, cells, read_constraints(law)))
    for row in cells[:20]:
        assert possible.of({place: spans(cell) for place, cell in enumerate(row)}) is not None
        assert possible.of({0: spans(row[0]), 1: spans(row[1]), 2: spans(row[2])}) is not None
        off = round(row[3] + 10.0**-decimals, decimals)
        assert possible.of({0: spans(row[0]), 1: spans(row[1]), 2: spans(row[2]), 3: spans(off)}) is None
        assert possible.of({0: spans(row[0]), 3: spans(row[0] / 2 - 1)}) is None  # the others cannot be negative
