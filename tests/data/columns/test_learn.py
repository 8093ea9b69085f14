"""What a column is, learnt from its values: the same for any cut into chunks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Values
from quintet.data.columns.learn import MOST_LEVELS, ColumnLearner
from quintet.errors import InputError


def learnt(array: Any, *cuts: int, name: str = "x", missing: Any = None) -> AnyColumn:
    """The column of these values, given in chunks."""
    array = np.asarray(array)
    gone = np.zeros(len(array), dtype=bool) if missing is None else np.asarray(missing)
    learner = ColumnLearner(name, "string" if array.dtype.kind == "O" else str(array.dtype))
    for chunk, lost in zip(np.split(array, cuts), np.split(gone, cuts), strict=True):
        learner.update(Values(chunk, lost))
    return learner.column()


def text(values: Any) -> Any:
    return np.array([str(value) for value in values], dtype=object)


INTS = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9) | st.sampled_from([-999, 99999]), min_size=1)
FLOATS = st.lists(
    st.floats(allow_nan=False, allow_infinity=False) | st.integers(-99, 99).map(float) | st.decimals(-9, 9, places=2),
    min_size=1,
)
WORDS = st.lists(st.sampled_from(["a", "b", "c", "NA?", "7"]) | st.text(max_size=2), min_size=1)
CHUNKED = st.one_of(
    INTS.map(lambda values: np.array(values, dtype=np.int64)),
    INTS.map(lambda values: np.array([value % 2**64 for value in values], dtype=np.uint64)),
    FLOATS.map(lambda values: np.array([float(value) for value in values])),
    WORDS.map(text),
    INTS.map(lambda values: np.array([value // 2**20 for value in values]).astype("datetime64[s]")),
    st.lists(st.booleans(), min_size=1).map(np.array),
)


@settings(max_examples=150)
@given(data=st.data(), values=CHUNKED, repeated=st.integers(1, 12))
def test_chunks_give_the_column_of_all_rows_at_once(data: st.DataObject, values: Any, repeated: int) -> None:
    array = np.tile(values, repeated)
    gone = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))) * repeated)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(array)), max_size=4)))
    assert learnt(array, *cuts, missing=gone) == learnt(array, missing=gone)


@settings(max_examples=60)
@given(st.integers(1, 1000), st.integers(-(10**6), 10**6), st.lists(st.integers(-50, 50), min_size=3), st.booleans())
def test_the_step_is_that_of_the_grid(step: int, offset: int, places: list[int], floats: bool) -> None:
    cells = np.array([offset + step * p for p in [*places, 0, 1, 5] * 4])
    column = learnt(cells.astype(float) if floats else cells, 2)
    assert column.type in ("integer", "count")
    assert column.support.step == step
    legal = column.decode(column.encode(Values(cells, np.zeros(len(cells), bool))) + 0.3 * step)
    np.testing.assert_array_equal(legal, cells)


def test_levels_seen_once_are_other_and_never_decoded() -> None:
    """Good (1953): the singletons' share estimates the mass of unseen levels, which training learns from their code."""
    values = text(["a"] * 30 + ["b"] * 20 + [f"rare{i}" for i in range(10)])
    column = learnt(values)
    assert column.levels == ("a", "b")
    codes = column.encode(Values(values, np.zeros(60, bool)))
    assert (codes == column.codes - 1).sum() == 10
    assert set(column.decode(codes)) == {"a", "b"}
    assert column.encode(Values(text(["never seen"]), np.zeros(1, bool))) == column.codes - 1


def test_of_ten_thousand_levels_the_most_frequent_are_modelled() -> None:
    rng = np.random.default_rng(0)
    values = text(rng.zipf(1.3, 60_000) % 10_000)
    column = learnt(values, 20_000, 40_000)
    assert column.type == "categorical"
    assert len(column.levels) == MOST_LEVELS
    assert column.levels[0] == "1"
    assert np.unique(column.encode(Values(values[:5000], np.zeros(5000, bool)))).max() == MOST_LEVELS


@pytest.mark.parametrize(
    ("values", "name", "kind"),
    [
        (np.arange(100), "customer_id", "left_out"),
        (np.arange(100), "rooms", "count"),
        (np.arange(100) % 50, "customer_id", "count"),
        (text(range(100)), "code", "left_out"),
        (text(f"a long remark about {i}" for i in range(100)), "note", "left_out"),
        (text("ab" * 50), "x", "categorical"),
        (np.full(100, 7.0), "x", "constant"),
        (text(["same"] * 100), "x", "constant"),
        (np.full(100, True), "x", "constant"),
        (np.arange(100) % 2 == 0, "x", "boolean"),
        (np.arange(100) % 2 * 3.0, "x", "categorical"),
        (np.arange(100) % 2 * 0.5, "x", "continuous"),
        (np.arange(100) / 3, "x", "continuous"),
        (np.arange(100) - 50.0, "x", "integer"),
        (np.arange(100).astype("datetime64[D]"), "x", "datetime"),
        (np.arange(100) + 2**60, "x", "integer"),
    ],
)
def test_the_type_of_a_column(values: Any, name: str, kind: str) -> None:
    assert learnt(values, 33, name=name).type == kind


@pytest.mark.parametrize(("identifier", "reason"), [("note", "text"), ("code", "identifier")])
def test_what_is_left_out_says_why(identifier: str, reason: str) -> None:
    words = "a long remark about" if identifier == "note" else "c"
    column = learnt(text(f"{words} {i}".replace("c ", "c") for i in range(100)), name=identifier)
    assert column.reason == reason
    assert column.decode(np.zeros(3)).tolist() == [None, None, None]


MEASURED = np.random.default_rng(0).normal(20, 5, 200).round(1)


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([*MEASURED, -999.0, -999.0], (-999,)),
        ([*MEASURED, -999.0], ()),  # once: a mistake, or a value
        ([*MEASURED, -999.0, -999.0, -9999.0, -9999.0], (-9999, -999)),
        ([*MEASURED, 99999.0, 99999.0], (99999,)),
        ([*(1000 * MEASURED), -999.0, -999.0], (-999,)),  # the only negative number
        ([*(1000 * MEASURED - 20_000), -999.0, -999.0], ()),  # within the range
        ([*np.linspace(0, 41310, 100), 99999.0, 99999.0], ()),  # Adult's capital gain: a largest value
        ([*np.arange(9990, 10010), 9999, 9999], ()),
        ([*[0, 1] * 20, -999, -999], (-999,)),
        ([-999.0] * 50, ()),
        ([1.0, -999.0, -999.0], ()),  # of so few values nothing is known
    ],
)
def test_missing_codes_are_those_clearly_set_apart(values: list[float], codes: tuple[int, ...]) -> None:
    column = learnt(values, 7)
    assert column.missing_codes == codes
    cells = column.encode(Values(np.asarray(values), np.zeros(len(values), bool)))
    np.testing.assert_array_equal(np.isnan(cells), np.isin(values, codes))
    if codes:
        assert column.missing
        assert column.codes or column.support.seen_low >= 0


def test_infinity_is_refused_by_the_column_s_name() -> None:
    with pytest.raises(InputError, match=r"Column 'income' must hold finite numbers, got infinity"):
        learnt([1.0, np.inf], name="income")


def test_objects_that_are_written_alike_are_one_level() -> None:
    values = np.array([1, "1", "x", True] * 20, dtype=object)
    column = learnt(values, 3)
    assert sorted(map(str, column.levels)) == ["1", "True", "x"]
    assert (column.encode(Values(values, np.zeros(80, bool))) < len(column.levels)).all()


def test_draws_of_an_ordinal_are_levels_of_the_column() -> None:
    learner = ColumnLearner("size", "category", ordered=("S", "M", "L", "XL"))
    learner.update(Values(text(["S", "L"] * 20), np.zeros(40, bool)))
    column = learner.column()
    assert column.type == "ordinal"
    assert column.levels == ("S", "M", "L", "XL")
    assert set(column.decode(np.array([-1.0, 0.0, 1.6, 3.0, 4.0, 99.0]))) <= set(column.levels)
    assert column.encode(Values(text(["XXL"]), np.zeros(1, bool))) == 4


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([*np.arange(100) / 10, 0.25], 1),  # one cell in a hundred has more
        ([*np.arange(10) / 10, 0.25], 2),  # one of eleven is not few
        ([*[0.0] * 900, *np.arange(100) / 8], 3),  # most are zero, and the others have decimals
        ([*np.arange(200), 1 / 3], 0),
        ([*np.arange(100) / 10, 1 / 3, 2 / 3, 1 / 7], None),
        ([*np.arange(100) / 10, *[0.125] * 50], 3),  # the most frequent one keeps its decimals
    ],
)
def test_the_precision_is_that_of_nearly_all_numbers(values: list[float], decimals: int | None) -> None:
    column = learnt(values, 7)
    assert column.support.decimals == decimals
