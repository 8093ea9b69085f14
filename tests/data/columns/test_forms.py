"""Answers are written as the frame that was asked about writes its values: text, decimals, times, types, zones."""

from __future__ import annotations

import datetime as dt
import warnings
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.data.columns import date_text, span_text
from quintet.data.columns.answers import decode_cells, overlay
from quintet.data.columns.build_frame import build_frame
from quintet.data.columns.frames import is_mixed, read_frame
from quintet.data.columns.table import encode_frame, learn_columns
from quintet.errors import InputError, QuintetWarning

N = 60


def answer(trained: Any, asked: Any = None, keep: bool = True) -> Any:
    """The rows of ``asked`` with their missing cells filled, or as many new rows as ``trained`` has."""
    frame = read_frame(trained)
    columns = learn_columns(frame)
    if asked is None:
        cells = np.nan_to_num(encode_frame(columns, frame))
        return build_frame(columns, decode_cells(columns, cells), frame.container)
    given_ = read_frame(asked)
    cells = encode_frame(columns, given_)
    kept = ~np.isnan(cells) & keep
    values = overlay(decode_cells(columns, np.nan_to_num(cells), given_), columns, given_, kept)
    return build_frame(columns, values, given_.container, asked)


def pandas_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "day": [f"2024-01-{1 + i % 28:02d}" for i in range(N)],
            "fee": [Decimal(i % 7) / 4 + Decimal("0.00") for i in range(N)],
            "wait": pd.to_timedelta(np.arange(N) % 9, unit="h"),
            "clock": [dt.time(i % 24, 30) for i in range(N)],
            "when": pd.date_range("2024-01-01", periods=N, freq="h", tz="Europe/Paris"),
            "key": [f"row {i}" for i in range(N)],
        }
    )


def test_new_rows_have_the_types_of_training_and_missing_values_of_the_type_of_columns_left_out() -> None:
    frame = pandas_table()
    found = answer(frame)
    assert found.dtypes.to_dict() == frame.dtypes.to_dict()
    assert set(found["day"]) <= set(frame["day"])
    assert set(map(str, found["fee"])) <= set(map(str, frame["fee"]))
    assert found["key"].isna().all()
    for library in (pl.from_pandas(frame), pl.from_pandas(frame).to_arrow()):
        new = answer(library)
        assert new["key"].null_count() if isinstance(new, pl.DataFrame) else new["key"].null_count == N
        for name in ("day", "wait", "clock", "when", "key"):
            mine, other = (
                t.schema[name] if isinstance(t, pl.DataFrame) else t.schema.field(name).type for t in (new, library)
            )
            assert mine == other or {str(mine), str(other)} == {"string", "large_string"}, name
        scale = new.schema["fee"].scale if isinstance(new, pl.DataFrame) else new.schema.field("fee").type.scale
        assert scale == 2


@pytest.mark.parametrize("dtype", ["int64", "float32", "bool", "category", "datetime64[s]", "timedelta64[ms]", "str"])
def test_a_column_without_a_cell_keeps_its_type_and_its_cells(dtype: str) -> None:
    cells = pd.Series([0, 1] * 5).astype(dtype)
    frame = pd.DataFrame({"a": cells, "b": np.arange(10) / 4, "note": [None, "NA", np.nan, "?", "x"] * 2})
    for library in (frame, pl.from_pandas(frame), pl.from_pandas(frame).to_arrow()):
        given_ = read_frame(library)
        columns = learn_columns(given_, declared_left_out("a", "note"))
        cells_ = encode_frame(columns, given_)
        none = np.zeros(cells_.shape, bool)
        back = build_frame(
            columns, overlay(decode_cells(columns, cells_, given_), columns, given_, none), given_.container, library
        )
        assert back.equals(library)
        new = build_frame(columns, decode_cells(columns, cells_), given_.container)
        if library is frame:
            assert new["a"].isna().all()
            assert str(new["a"].dtype) == str(frame["a"].dtype) or dtype in ("int64", "bool")
        else:
            kinds = [t.schema["a"] if isinstance(t, pl.DataFrame) else t.schema.field("a").type for t in (new, library)]
            assert kinds[0] == kinds[1] or "string" in str(kinds[1]), kinds


def declared_left_out(*names: str) -> Any:
    from quintet.data.columns.declared import LEFT_OUT

    return {name: LEFT_OUT for name in names}


ASKED: dict[str, tuple[Any, Any]] = {
    "text for times": (pd.Series(pd.date_range("2024", periods=N)), pd.Series(["2024-01-05", None])),
    "times for text": (pandas_table()["day"], pd.Series(pd.to_datetime(["2024-01-05", None]))),
    "a format without the time of day": (
        pandas_table()["day"].str.cat(["T12:30"] * N),
        pd.Series(["2024-01-05", None]),
    ),
    "another format": (pandas_table()["day"], pd.Series(["2024-01-05 00:00:00", None])),
    "floats for decimals": (pandas_table()["fee"], pd.Series([0.25, np.nan])),
    "zones of Polars": (
        pl.Series(pd.date_range("2024", periods=N, tz="Europe/Paris")),
        pl.Series([dt.datetime(2024, 1, 1), None]).cast(pl.Datetime("ms", "Asia/Tokyo")),
    ),
    "no zone for one": (
        pl.Series(pd.date_range("2024", periods=N, tz="Europe/Paris")),
        pl.Series([dt.datetime(2024, 1, 1), None]),
    ),
    "small numbers of Polars": (pl.Series(list(range(N))), pl.Series([3, None], dtype=pl.Int16)),
    "small floats of Polars": (pl.Series(np.arange(N) / 4), pl.Series([0.25, None], dtype=pl.Float32)),
    "levels of Polars": (pl.Series(["x", "y"] * 30), pl.Series(["y", None], dtype=pl.Enum(["x", "y"]))),
    "wide decimals of Polars": (
        pl.Series([Decimal("0.25"), Decimal("1.50")] * 30),
        pl.Series([Decimal("12345678901234567.89"), None], dtype=pl.Decimal(30, 2)),
    ),
}


@pytest.mark.parametrize("case", ASKED)
def test_answers_have_the_type_of_the_frame_that_was_asked_about(case: str) -> None:
    trained, asked = ({"a": column} for column in ASKED[case])
    make: Any = pl.DataFrame if isinstance(trained["a"], pl.Series) else pd.DataFrame
    frame = make(asked)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*count as UTC", QuintetWarning)
        filled = answer(make(trained), frame)
    one, two = filled["a"].to_list()
    assert one == frame["a"].to_list()[0]
    assert str(filled["a"].dtype) == str(frame["a"].dtype)
    assert type(two) is type(one)


def test_arrow_answers_have_the_zone_and_the_unit_of_the_rows() -> None:
    trained = pa.table({"a": pa.array(range(N), pa.timestamp("us", "Europe/Paris"))})
    asked = pa.table({"a": pa.array([0, None], pa.timestamp("s", "Asia/Tokyo"))})
    assert answer(trained, asked).schema == asked.schema
    small = pa.table({"a": pa.array([3, None], pa.int8())})
    assert answer(pa.table({"a": list(range(N))}), small).schema == small.schema


FORMATS = st.sampled_from(
    ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M+05:30"]
)
TIMES = st.datetimes(dt.datetime(1678, 1, 2), dt.datetime(2261, 1, 1))


@settings(max_examples=60, deadline=None)
@given(st.lists(TIMES, min_size=1, max_size=5), FORMATS)
def test_text_in_one_format_is_times_that_are_written_alike(times: list[dt.datetime], pattern: str) -> None:
    texts = [f"{time.year:04d}" + time.strftime(pattern)[-len(time.strftime(pattern[2:])) :] for time in times]
    found = date_text.format_of(texts)
    assert found is not None
    assert date_text.write(date_text.parse(texts), found).tolist() == texts


@pytest.mark.parametrize(
    "texts",
    [
        ["2024-01-01", "2024-01-01 10:00"],
        ["2024-01-01T10:00", "2024-01-01 10:00"],
        ["2024-01-01"] * 19 + ["soon"],
    ],
)
def test_dates_in_several_formats_stay_text_with_a_warning(texts: list[str]) -> None:
    with pytest.warns(QuintetWarning, match=r"^Column 'a' holds dates in several formats[^.]*\.$"):
        (column, _) = learn_columns(read_frame(pd.DataFrame({"a": texts * 10, "b": range(10 * len(texts))})))
    assert column.type == "categorical"


@pytest.mark.parametrize("texts", [["2024-13-01"], ["2024-1-1"], ["today"], ["2024"], ["01.02.2024"], ["1234-56-78"]])
def test_other_text_is_no_date(texts: list[str]) -> None:
    assert date_text.format_of(texts) is None


def test_text_that_is_no_date_is_refused_where_training_had_dates() -> None:
    columns = learn_columns(read_frame(pandas_table()[["day"]]))
    with pytest.raises(InputError, match=r"'day' held dates in training, got text \('soon'\)"):
        encode_frame(columns, read_frame(pd.DataFrame({"day": ["2024-01-01", "soon"]})))
    other = encode_frame(columns, read_frame(pandas_table()[["day"]].replace("2024-01-01", "2024-01-01T00:00:00")))
    np.testing.assert_array_equal(other[:, 0], encode_frame(columns, read_frame(pandas_table()))[:, 0])


@given(st.integers(-(2**62), 2**62), st.sampled_from(["s", "ms", "us", "ns"]))
def test_spans_are_written_and_read(ticks: int, unit: str) -> None:
    span = np.timedelta64(ticks // {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit], unit)
    assert span_text.parse(span_text.write(span)) == span


def test_constant_times_are_constants() -> None:
    frame = pd.DataFrame(
        {
            "a": pd.to_datetime(["2024-01-01 12:00"] * N),
            "b": pd.to_timedelta(["1 days 02:00:00"] * N),
            "c": ["2024-01-01"] * N,
            "d": pd.to_datetime(["2024-01-01"] * N).tz_localize("Europe/Paris"),
            "e": range(N),
        }
    )
    columns = learn_columns(read_frame(frame))
    assert [c.describe() for c in columns[1:3]] == ["constant, 1 days 02:00:00", "constant, 2024-01-01"]
    cells = encode_frame(columns, read_frame(frame))
    assert (cells[:, :4] == 0).all()
    pd.testing.assert_frame_equal(answer(frame), frame, check_dtype=False)
    other = encode_frame(columns, read_frame(frame.assign(b=frame["b"] * 2, c="2025-01-01")))
    assert other[0, :4].tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("name", ["wait", "clock", "when", "day"])
def test_times_beside_numbers_make_a_table(name: str) -> None:
    frame = pandas_table()[[name]].assign(x=1.5)
    assert is_mixed(frame)
    assert is_mixed(pl.from_pandas(frame))
    assert is_mixed(pl.from_pandas(frame).to_arrow())
