"""Frames of unusual types: answered in the same types, or refused in one sentence."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from quintet import VAE
from quintet.data.columns.answers import decode_cells, overlay
from quintet.data.columns.build_frame import build_frame
from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import encode_frame, learn_columns, notes
from quintet.errors import InputError

N = 60
X = np.random.default_rng(0).normal(size=N)
DAYS = [dt.date(2020, 1, 1 + i % 20) for i in range(N)]
FRAMES: dict[str, Any] = {
    "numbers as names": pd.DataFrame({0: X, 1: list("ab") * 30}),
    "names of both kinds": pd.DataFrame({0: X, "b": list("ab") * 30}),
    "levels of names": pd.DataFrame(np.c_[X, X], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")])),
    "nullable": pd.DataFrame(
        {
            "a": pd.array([1, 5, None, 7] * 15, dtype="Int64"),
            "b": pd.array([True, None, False] * 20, dtype="boolean"),
            "c": pd.array(["x", "y", None] * 20, dtype="string"),
            "d": pd.array([1.5, None, 2.25] * 20, dtype="Float64"),
            "e": pd.array([1, 2, 255] * 20, dtype="UInt8"),
        }
    ),
    "small types": pd.DataFrame(
        {"a": (np.arange(N) % 7).astype(np.int8), "b": X.astype(np.float32), "c": list("xy") * 30}
    ),
    "categories": pd.DataFrame({"a": pd.Categorical(list("xy") * 30, categories=list("zyxw")), "b": X}),
    "categories that are numbers": pd.DataFrame({"a": pd.Categorical([1, 2, 3] * 20), "b": X}),
    "intervals": pd.DataFrame({"a": pd.cut(X, 4), "b": X}),
    "objects that are dates": pd.DataFrame({"a": DAYS, "b": X}),
    "objects that are numbers": pd.DataFrame({"a": pd.Series([1, 2.5, 7] * 20, dtype=object), "b": list("xy") * 30}),
    "objects of both kinds": pd.DataFrame({"a": [1, "x", 2.5] * 20, "b": X}),
    "durations": pd.DataFrame({"a": pd.to_timedelta(np.arange(N) * 90 % 1000, unit="s"), "b": X}),
    "objects that are times of day": pd.DataFrame({"a": [dt.time(i % 24, 30) for i in range(N)], "b": X}),
    "objects that are durations": pd.DataFrame(
        {"a": pd.Series([dt.timedelta(hours=i % 7) for i in range(N)], dtype=object), "b": X}
    ),
    "dates as text": pd.DataFrame({"a": [str(day) for day in DAYS], "b": X}),
    "exact decimals": pd.DataFrame({"a": [Decimal(i % 9) / 4 + Decimal("0.00") for i in range(N)], "b": X}),
    "types of Arrow": pd.DataFrame(
        {
            "a": pd.array([Decimal("1.10"), None, Decimal("0.00")] * 20, pd.ArrowDtype(pa.decimal128(9, 2))),
            "b": pd.array([dt.time(3, 4), None, dt.time(5)] * 20, pd.ArrowDtype(pa.time64("us"))),
            "c": pd.array([dt.timedelta(3), None, dt.timedelta(4)] * 20, pd.ArrowDtype(pa.duration("ms"))),
        }
    ),
    "a time zone": pd.DataFrame({"a": pd.date_range("2020", periods=N, tz="Europe/Berlin"), "b": X}),
    "an empty column": pd.DataFrame({"a": [None] * N, "b": [np.nan] * N, "c": X}),
    "one column": pd.DataFrame({"a": list("ab") * 30}),
    "Polars": pl.DataFrame({"a": ["x", "y", None] * 20, "b": X, "d": DAYS, "i": [1, 7, None, 2] * 15}),
    "Polars' times": pl.DataFrame(
        {
            "a": pl.Series([dt.timedelta(days=i % 5, hours=2) for i in range(N)], dtype=pl.Duration("ms")),
            "b": pl.Series([dt.time(i % 24, 15) for i in range(N)]),
            "c": pl.Series([Decimal(i % 9) / 4 for i in range(N)], dtype=pl.Decimal(10, 2)),
            "d": pl.Series([f"{day}T12:00Z" for day in DAYS]),
        }
    ),
    "Polars' levels": pl.DataFrame({"a": pl.Series(["x", "y", None] * 20, dtype=pl.Enum(["x", "y"])), "b": X}),
    "Polars' categories": pl.DataFrame({"a": pl.Series(["x", "y", None] * 20, dtype=pl.Categorical), "b": X}),
}


def round_trip(X: Any, decoded: bool) -> Any:
    """The frame from its cells: all of them decoded, or the user's own kept."""
    frame = read_frame(X)
    columns = learn_columns(frame)
    cells = encode_frame(columns, frame)
    values = decode_cells(columns, np.nan_to_num(cells) if decoded else cells)
    if not decoded:
        values = overlay(values, columns, frame, ~np.isnan(cells))
    return build_frame(columns, values, frame.container, X)


def types(X: Any) -> list[str]:
    return [str(dtype) for dtype in X.dtypes]


@pytest.mark.parametrize("X", FRAMES.values(), ids=FRAMES)
def test_a_frame_comes_back_as_it_was(X: Any) -> None:
    back = round_trip(X, decoded=False)
    assert type(back) is type(X)
    assert list(back.columns) == list(X.columns)
    assert types(back) == types(X)
    if isinstance(X, pl.DataFrame):
        assert back.equals(X)
    else:
        pd.testing.assert_frame_equal(back, X)


@pytest.mark.parametrize("X", FRAMES.values(), ids=FRAMES)
def test_decoded_cells_have_the_types_and_the_levels_of_the_frame(X: Any) -> None:
    back = round_trip(X, decoded=True)
    for name in X.columns:
        known = [cell for cell in X[name].to_list() if not (cell is None or cell is pd.NA or cell != cell)]
        found = back[name].to_list()
        if known and not isinstance(known[0], float | int):
            assert {str(cell) for cell in found} <= {str(cell) for cell in known}, name
    assert types(back) == types(X) or "objects" in next(name for name, frame in FRAMES.items() if frame is X)


REFUSED: dict[str, tuple[Any, str]] = {
    "no columns": (pd.DataFrame(index=range(5)), "at least one row and one column, got 5 rows and 0 columns"),
    "no rows": (pd.DataFrame({"a": pd.Series([], dtype=str)}), "at least one row and one column, got 0 rows"),
    "all missing": (pd.DataFrame({"a": [None] * N, "b": [np.nan] * N}), r"to model, got 'a' \(no value in training\)"),
    "one name twice": (pd.DataFrame(np.c_[X, X], columns=["a", "a"]), "different names"),
    "1 and '1'": (pd.DataFrame({1: X, "1": X}), "different names, got two named '1'"),
    "no name": (pd.DataFrame({None: X, "b": list("ab") * 30}), "must have names, got"),
    "infinity": (pd.DataFrame({"a": [np.inf] + [1.0] * (N - 1), "b": list("ab") * 30}), "'a' must hold finite numbers"),
    "bytes": (pd.DataFrame({"a": [b"x"] * N, "b": X}), "'a' must hold .* got bytes: convert or drop it"),
    "lists": (pd.DataFrame({"a": [[1, 2]] * N, "b": X}), "'a' must hold .* got list: convert or drop it"),
    "arrays": (pd.DataFrame({"a": [np.arange(3)] * N, "b": X}), "'a' must hold .* got ndarray: convert or drop it"),
    "complex": (pd.DataFrame({"a": X + 1j, "b": X}), "'a' must hold .* convert or drop it"),
    "structures": (pl.DataFrame({"t": [{"a": 1}] * N, "b": X}), "'t' must hold .* convert or drop it"),
}


@pytest.mark.parametrize(("X", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_table_is_refused_in_one_sentence(X: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=rf"^[^\n]*{sentence}[^\n]*\.$"):
        VAE(epochs=1, kind="columns").fit(X)


def test_decimal_numbers_are_numbers_of_their_precision() -> None:
    (column, _) = learn_columns(read_frame(pd.DataFrame({"a": [Decimal("1.25"), Decimal("2.5"), None] * 20, "b": X})))
    assert column.describe() == "continuous, 1.25 to 2.5, 2 decimals"


def test_notes_name_what_is_left_out_and_what_counts_as_missing() -> None:
    frame = pd.DataFrame(
        {
            "patient_id": np.arange(N),
            "remark": [f"some words about {i}" for i in range(N)],
            "pulse": [60 + i % 40 for i in range(N - 2)] + [-999, -999],
        }
    )
    kinds, coded, left = notes(learn_columns(read_frame(frame)))
    assert kinds == "3 columns: 1 integer"
    assert coded.endswith("count as missing: -999 in 'pulse'")
    assert "'patient_id' (nearly every row has a value of its own), 'remark' (free text)" in left


def test_a_missing_code_is_imputed_and_comes_back_from_a_compressed_file() -> None:
    frame = pd.DataFrame({"pulse": [60 + i % 40 for i in range(N - 2)] + [-999, -999], "group": list("ab") * 30})
    vae = VAE(latent_dim=2, epochs=1, network={"kind": "mlp", "hidden": (4,)}, calibration=0.0).fit(frame)
    filled = vae.impute(frame)
    assert filled.pulse.min() >= 0
    pd.testing.assert_frame_equal(filled[: N - 2], frame[: N - 2])
    pd.testing.assert_frame_equal(vae.decompress(vae.compress(frame)), frame)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_missing_keys_of_whole_numbers_are_missing_numbers(library: str) -> None:
    frame = pd.DataFrame({"user_id": range(N), "b": list("ab") * 30})
    holed = frame.assign(user_id=frame.user_id.where(frame.user_id > 5))
    trained, asked = (X if library == "pandas" else pl.from_pandas(X) for X in (frame, holed))
    columns = learn_columns(read_frame(trained))
    cells = encode_frame(columns, read_frame(asked))
    values = overlay(decode_cells(columns, cells), columns, read_frame(asked), np.ones(cells.shape, dtype=bool))
    back = build_frame(columns, values, read_frame(asked).container, asked)
    assert [None if k != k else k for k in back["user_id"].to_list()] == [None] * 6 + list(range(6, N))
    assert str(back["user_id"].dtype) in ("float64", "Float64")


NO_ROWS: dict[str, tuple[Any, str]] = {
    "a series": (pd.Series(list("ab")), r"got a Series of shape \(2,\): X.to_frame\(\)"),
    "images": (np.zeros((3, 4, 4)), r"two axes, \(n, columns\), got a ndarray of shape \(3, 4, 4\)"),
    "records": ([{"a": 1, "b": "x"}], "got a list of dict: make a data frame"),
    "columns": ({"a": [1, 2]}, "got a dict: make a data frame"),
    "cells": ([1, "x"], "got a list of int: make a data frame"),
}


@pytest.mark.parametrize(("X", "sentence"), NO_ROWS.values(), ids=NO_ROWS)
def test_what_holds_no_rows_is_refused_in_one_sentence(X: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=rf"^The rows of a table must [^\n]*{sentence}[^\n]*\.$"):
        read_frame(X)
    if isinstance(X, list) and isinstance(X[0], dict):
        with pytest.raises(InputError, match=sentence):
            VAE(epochs=1).fit(X)
