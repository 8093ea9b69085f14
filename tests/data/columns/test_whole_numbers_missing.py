"""Whole numbers of a column with missing cells stay whole: in every library's type that holds both, and as text."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from quintet.data.columns.answers import decode_cells
from quintet.data.columns.build_frame import build_frame
from quintet.data.columns.frames import read_frame
from quintet.data.columns.numbers import Integer
from quintet.data.columns.table import encode_frame, learn_columns
from quintet.data.writers.frame_files import with_integers, write_frame

TYPES = ["int8", "uint8", "int16", "int32", "uint32", "int64"]
NUMBERS = [3, 17, 99, None, 42, 58, 7, None, 61, 12] * 4


def nullable(dtype: str) -> str:
    return dtype.replace("int", "Int").replace("u", "U")


FRAMES: dict[str, Any] = {
    "pandas": lambda dtype: pd.DataFrame({"n": pd.array(NUMBERS, dtype=nullable(dtype))}),
    "polars": lambda dtype: pl.DataFrame(
        {"n": pl.Series(NUMBERS, dtype=getattr(pl, nullable(dtype).replace("Ui", "UI")))}
    ),
    "pyarrow": lambda dtype: pa.table({"n": pa.array(NUMBERS, type=getattr(pa, dtype)())}),
}


def kind_of(frame: Any) -> str:
    return str(frame.column("n").type if isinstance(frame, pa.Table) else frame["n"].dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("library", FRAMES)
@pytest.mark.parametrize("complete", [True, False])
def test_new_rows_have_integers_that_can_be_missing(library: str, dtype: str, complete: bool) -> None:
    """Whether or not a cell of them is missing."""
    frame = FRAMES[library](dtype)
    read = read_frame(frame)
    columns = learn_columns(read)
    cells = encode_frame(columns, read)[:: 1 if not complete else 3][:3]
    cells = cells if not complete else np.nan_to_num(cells, nan=8.0)
    new = build_frame(columns, decode_cells(columns, cells), read.container)
    assert kind_of(new).lower() == "int64"  # the wide type, since new rows are made of no frame
    assert (library == "pandas") == (kind_of(new) == "Int64") or library == "polars"
    found = new["n"].to_pylist() if library == "pyarrow" else list(new["n"])
    wanted = [None if np.isnan(cell) else int(cell) for cell in cells[:, 0]]
    assert [None if pd.isna(cell) else cell for cell in found] == wanted


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_floats_that_stand_for_missing_whole_numbers_are_written_as_such(library: str) -> None:
    cells = {"n": [42.0, None, 7.0], "x": [1.0, 2.0, None], "half": [1.0, 2.5, None]}
    frame: Any = pd.DataFrame(cells)
    frame = {"pandas": frame, "polars": pl.DataFrame(cells), "pyarrow": pa.table(cells)}[library]
    file = io.BytesIO()
    write_frame(file, "rows.csv", with_integers(frame, ["n", "half"]))
    assert file.getvalue().decode() == "n,x,half\n42,1.0,1.0\n,2.0,2.5\n7,,\n"


def test_pandas_floats_with_missing_cells_are_whole_numbers_and_stay_floats_in_pandas() -> None:
    frame = pd.DataFrame({"n": np.array([np.nan if n is None else n for n in NUMBERS])})
    read = read_frame(frame)
    columns = learn_columns(read)
    assert isinstance(columns[0], Integer)
    assert columns[0].missing
    new = build_frame(columns, decode_cells(columns, np.array([[42.0], [np.nan]])), "pandas")
    assert new["n"].dtype == frame["n"].dtype
