"""Law 7 without a model: a frame of any library becomes plain columns and the same frame again, type for type."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal as assert_polars_equal

from quintet.codec.container.streams import StreamReader, StreamWriter
from quintet.data.plain.libraries import LIBRARIES, library_of
from quintet.errors import FileRefused, InputError
from tests.data.frames_of_all_kinds import arrow_table, pandas_frames, polars_frame


def again(frame: Any) -> Any:
    library = library_of(frame)
    return library.from_plain(library.to_plain(frame))


@settings(max_examples=25, deadline=None)
@given(pandas_frames())
def test_pandas(frame: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(again(frame), frame)
    for name in frame:
        for a, b in zip(again(frame)[name].tolist(), frame[name].tolist(), strict=True):
            assert type(a) is type(b), "a missing value of one kind became one of another"


CASES = {
    "types of arrow": pd.DataFrame(
        {"a": pd.array([1, None], "int32[pyarrow]"), "b": pd.array(["x", None], "string[pyarrow]")}
    ),
    "levels of numbers": pd.DataFrame({"a": pd.Categorical([2, None, 1]), "b": pd.cut([1, 2, 9], [0, 2, 10])}),
    "levels of dates": pd.DataFrame({"a": pd.Categorical(pd.to_datetime(["2020-01-01", "2021-01-01", None]))}),
    "labels of numbers": pd.DataFrame(np.eye(2), columns=pd.Index([1990, 2000], name="year")),
    "labels that count": pd.DataFrame([["a", 1], ["b", 2]]),
    "a sparse pattern of NaN": pd.DataFrame({"a": np.array([0x7FF8000000000001, 0xFFF8000000000000], "u8").view("f8")}),
}


@pytest.mark.parametrize("case", CASES)
def test_odd_pandas(case: str) -> None:
    frame = CASES[case]
    back = again(frame)
    pd.testing.assert_frame_equal(back, frame)
    for name in frame.select_dtypes("float64"):
        assert back[name].to_numpy().tobytes() == frame[name].to_numpy().tobytes()


def test_polars_and_arrow() -> None:
    assert_polars_equal(again(polars_frame()), polars_frame(), check_exact=True)
    assert again(polars_frame()).schema == polars_frame().schema
    table = arrow_table()
    back = again(table)
    assert back.schema.equals(table.schema, check_metadata=True)
    assert back.drop(["price"]).equals(table.drop(["price"]))
    assert str(back["price"].to_pylist()) == str(table["price"].to_pylist())


def test_a_table_of_usual_types_needs_no_serialised_schema() -> None:
    table = pa.table(
        {"a": [1.5], "b": ["x"], "c": [True], "d": pa.array([0], pa.timestamp("s")), "e": pa.array([0], pa.date32())}
    )
    library = library_of(table)
    plain = library.to_plain(table)
    assert plain.more == ["double", "string", "bool", "timestamp[s]", "date32[day]"]
    assert library.from_plain(plain).equals(table)
    old = replace(plain, more=library.to_plain(table.replace_schema_metadata({"origin": "a test"})).more)
    assert library.from_plain(old).equals(table), "files that were written with a serialised schema"
    with pytest.raises(ValueError, match="no table of Arrow"):
        library.from_plain(replace(plain, more=["double", "no type", "bool", "bool", "bool"]))


@pytest.mark.parametrize(
    "rows", [np.eye(3, dtype="f4"), np.array([[1, "a"], [None, 2.5]], object), [[1, "a"], [2, None]], [("x", 1.5)]]
)
def test_rows_without_names(rows: Any) -> None:
    back = again(rows)
    assert type(back) is type(rows)
    assert repr(back) == repr(rows)


def test_what_no_file_keeps_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="'a' of type period"):
        again(pd.DataFrame({"a": pd.period_range("2020", periods=2, freq="M")}))
    with pytest.raises(InputError, match="must be a frame of pandas, Polars or Arrow"):
        library_of({"a": [1]})
    assert set(LIBRARIES) == {"pandas", "polars", "pyarrow", "array", "csv"}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(max_size=5), max_size=9),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20),
    st.lists(st.floats(), max_size=9),
    st.lists(st.booleans(), max_size=40),
)
def test_streams(texts: list[str], whole: list[int], floats: list[float], chosen: list[bool]) -> None:
    writer = StreamWriter()
    writer.texts(texts)
    writer.numbers(np.array(whole, np.int64))
    writer.numbers(np.array(floats))
    writer.positions(np.array(chosen, bool))
    reader = StreamReader(bytes(writer.out.data))
    assert reader.texts(len(texts)) == texts
    assert reader.numbers(np.dtype(np.int64), len(whole)).tolist() == whole
    assert reader.numbers(np.dtype(np.float64), len(floats)).tobytes() == np.array(floats).tobytes()
    assert reader.positions(len(chosen)).tolist() == chosen


def test_a_stream_unpacks_to_no_more_than_its_bytes_allow() -> None:
    writer = StreamWriter()
    writer.numbers(np.zeros(1 << 20))
    with pytest.raises(FileRefused):
        StreamReader(bytes(writer.out.data)).numbers(np.dtype(np.float64), 1 << 20)
