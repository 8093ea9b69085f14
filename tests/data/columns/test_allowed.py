"""What users say that a column shall be, as codes or intervals of its cells; what it cannot be is refused by name."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.data.columns.allowed import Allowed, allowed_cells
from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import learn_columns
from quintet.errors import InputError
from tests.tables import small_table

COLUMNS = learn_columns(read_frame(small_table(300)))
NAMES = [column.name for column in COLUMNS if column.modelled]


def one(name: str, wanted: Any) -> Allowed:
    (found,) = allowed_cells(COLUMNS, {name: wanted})
    assert found.place == NAMES.index(name)
    return found


def level_names(name: str, codes: tuple[int, ...]) -> set[Any]:
    levels: Any = next(column for column in COLUMNS if column.name == name)
    return {levels.levels[code] for code in codes}


@pytest.mark.parametrize(
    ("name", "wanted", "levels"),
    [
        ("place", "west", {"west"}),
        ("place", {"west", "north"}, {"west", "north"}),
        ("place", np.array(["east", "east"], dtype=object), {"east"}),
        ("free", True, {True}),
        ("free", [np.True_, False], {True, False}),
        ("size", ("M", None), {"M", "L"}),
        ("size", (None, "S"), {"S"}),
        ("size", ["S", "L"], {"S", "L"}),
        ("same", "x", {"x"}),
    ],
)
def test_levels(name: str, wanted: Any, levels: set[Any]) -> None:
    assert level_names(name, one(name, wanted).codes) == levels


@pytest.mark.parametrize(
    ("name", "wanted", "intervals"),
    [
        ("age", 30, ((30, 30),)),
        ("age", (30, 40), ((30, 40),)),
        ("age", (29.5, 40.9), ((30, 40),)),
        ("age", (60, None), ((60, 64),)),
        ("age", (-100, 22), ((20, 22),)),
        ("age", [40, 22, 23], ((22, 23), (40, 40))),
        ("age", range(30, 33), ((30, 32),)),
        ("price", 2.25, ((2.25, 2.25),)),
        ("price", (2.001, 2.019), ((2.01, 2.01),)),
        ("price", [2.5, 2.51, 9], ((2.5, 2.51), (9, 9))),
    ],
)
def test_numbers(name: str, wanted: Any, intervals: Any) -> None:
    assert np.ravel(one(name, wanted).intervals) == pytest.approx(np.ravel(intervals))


def test_times_of_any_type_are_the_same_cells() -> None:
    days = ["2024-02-01", date(2024, 2, 1), np.datetime64("2024-02-01"), pd.Timestamp("2024-02-01")]
    days += [pd.Timestamp("2024-02-01 00:00", tz="UTC")]
    assert len({one("when", day).intervals for day in days}) == 1
    low, high = one("when", ("2024-02-01", "2024-02-08")).intervals[0]
    assert high - low == 7


@settings(max_examples=30)
@given(st.lists(st.integers(20, 64), min_size=1, max_size=8), st.lists(st.floats(0, 90), min_size=1, max_size=9))
def test_the_nearest_allowed_cell_is_allowed_and_none_is_nearer(wanted: list[int], cells: list[float]) -> None:
    found = one("age", wanted).nearest(np.array(cells))
    for cell, near in zip(cells, found, strict=True):
        assert any(abs(near - value) < 1e-9 for value in wanted) or any(
            value - 1 < near < value + 1 for value in wanted
        )
        assert abs(near - cell) <= min(abs(value - cell) for value in wanted) + 1e-9


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"plaice": "west"}, "no column 'plaice': did you mean 'place'"),
        ({"key": "x"}, "the model leaves out column 'key'"),
        ({"place": "wesst"}, "no level 'wesst': did you mean 'west'"),
        ({"place": ("west", "north")}, "has no order"),
        ({"free": "yes"}, "no level 'yes'"),
        ({"size": ("L", "S")}, "it is empty"),
        ({"age": []}, "it is empty"),
        ({"age": (40, 30)}, "it is empty"),
        ({"age": (30, 31, 32)}, r"a tuple is an interval \(low, high\)"),
        ({"age": 35.5}, "has no value in 35.5"),
        ({"age": (95, 99)}, r"lies outside column 'age', which is integer, 20 to 64"),
        ({"age": [30, 95]}, "lies outside column 'age'"),
        ({"age": None}, "must be given a value"),
        ({"age": "old"}, "held numbers in training"),
        ({"place": np.nan}, "must be given a value"),
        ({"when": "May"}, "held dates in training"),
    ],
)
def test_what_a_column_cannot_be_is_refused(wanted: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        allowed_cells(COLUMNS, wanted)
