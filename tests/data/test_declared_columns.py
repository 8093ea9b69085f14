"""Columns that a user declares: every type, what contradicts the values, schemas that are written and given back."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.data.columns.answers import decode_cells
from quintet.data.columns.declared import read_entries
from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import encode_frame, learn_columns
from quintet.data.schema import Schema
from quintet.data.schema_file import declared_schema, editable, written
from quintet.errors import FileRefused, InputError, QuintetWarning

N = 60


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": np.arange(N) + 500,
            "zip": rng.choice([1010, 2020, 3030], N),
            "size": rng.choice(["small", "large", "middle"], N),
            "age": rng.integers(18, 70, N),
            "price": np.round(rng.gamma(2, 10, N), 2),
            "debt": rng.normal(size=N),
            "day": pd.Timestamp("2021-03-01") + pd.to_timedelta(rng.integers(0, 90, N), unit="D"),
            "flag": rng.random(N) < 0.5,
            "same": "x",
            "note": [f"a note of words number {i}" for i in range(N)],
            "empty": np.full(N, np.nan),
            "wide": 2**60 + rng.integers(0, 9, N),
            "holes": np.where(rng.random(N) < 0.3, np.nan, rng.integers(0, 5, N)),
        }
    )


def learn(declared: dict[str, Any], rows: pd.DataFrame | None = None) -> dict[str, Any]:
    found = learn_columns(read_frame(frame() if rows is None else rows), read_entries(declared))
    return {column.name: column for column in found}


def schema_of(rows: pd.DataFrame, declared: Any = None) -> Schema:
    read = read_frame(rows)
    columns = learn_columns(read, declared_schema(declared).columns)
    return Schema.of_columns(columns, read.container, encode_frame(columns, read))


def test_a_schema_that_is_written_and_given_back_unchanged_changes_nothing(tmp_path: Path) -> None:
    learnt = schema_of(frame())
    path = tmp_path / "schema.json"
    path.write_bytes(written(editable(learnt, {"holes": 0.3})))
    assert len(path.read_text().splitlines()) == len(learnt.columns) + 8, "a line for each column"
    for source in (path, str(path), json.loads(path.read_text()), learnt, declared_schema(learnt).plain()):
        assert schema_of(frame(), source) == learnt


CHANGES = {
    "integers as levels": ("zip", {"type": "categorical"}, "categorical"),
    "integers as ordered levels": ("zip", {"type": "ordinal"}, "ordinal"),
    "text in a named order": ("size", {"type": "ordinal", "levels": ["small", "middle", "large"]}, "ordinal"),
    "an identifier as a number": ("id", {"type": "integer"}, "integer"),
    "whole numbers as any numbers": ("age", {"type": "continuous"}, "continuous"),
    "bounds of whole numbers": ("age", {"low": 18, "high": 69}, "integer"),
    "bounds of numbers": ("debt", {"low": -10, "high": 10}, "continuous"),
    "decimals": ("debt", {"decimals": 1}, "continuous"),
    "bounds of dates": ("day", {"low": "2021-03-01", "high": "2021-05-29"}, "datetime"),
    "free text as levels": ("note", {"type": "categorical"}, "categorical"),
    "left out": ("price", {"type": "left_out"}, "left_out"),
    "bounds of wide numbers": ("wide", {"low": 2**60, "high": 2**60 + 20}, "integer"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_declared_column_has_the_declared_type_and_all_others_stay(case: str) -> None:
    name, entry, kind = CHANGES[case]
    before, after = learn({}), learn({name: entry})
    assert after[name].type == kind
    assert {n: c for n, c in after.items() if n != name} == {n: c for n, c in before.items() if n != name}
    column, values = after[name], read_frame(frame()[[name]]).columns[0].values
    if not column.modelled:
        assert column.reason == "dropped"
        return
    back = column.decode(column.encode(values))
    if "decimals" not in entry:
        assert (back == values.array).all(), "cells of training decode to its values"
    if kind == "ordinal":
        assert list(column.levels) == entry.get("levels", sorted(column.levels))


@given(cells=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
@settings(max_examples=25)
def test_decoded_values_lie_within_declared_bounds(cells: list[float]) -> None:
    names = ("age", "debt", "day", "wide")
    ends = {
        "age": {"low": 18, "high": 69},
        "debt": {"low": -3.5, "high": 3.25},
        "day": {"low": "2021-03-01", "high": "2021-05-29"},
        "wide": {"low": 2**60, "high": 2**60 + 20},
    }
    columns = [column for name, column in BOUNDED.items() if name in names]
    found = decode_cells(columns, np.repeat(np.array(cells)[:, None], len(columns), axis=1))
    for name, bounds in ends.items():
        low, high = (np.datetime64(e) if isinstance(e, str) else e for e in bounds.values())
        assert (found[name] >= low).all()
        assert (found[name] <= high).all()


BOUNDED = learn(
    {
        "age": {"low": 18, "high": 69},
        "debt": {"low": -3.5, "high": 3.25},
        "day": {"low": "2021-03-01", "high": "2021-05-29"},
        "wide": {"low": 2**60, "high": 2**60 + 20},
    }
)

MISFITS = {
    "unknown column": ({"agee": {}}, ("'agee'", "'age'")),
    "unknown field": ({"age": {"lowest": 3}}, ("'age'", "'lowest'", "low")),
    "unknown type": ({"age": {"type": "float"}}, ("'age'", "type", "'float'", "continuous")),
    "no mapping": ({"age": "integer"}, ("'age'", "mapping")),
    "text as numbers": ({"size": {"type": "integer"}}, ("'size'", "text")),
    "dates as numbers": ({"day": {"type": "continuous"}}, ("'day'", "dates")),
    "dates as levels": ({"day": {"type": "categorical"}}, ("'day'", "dates")),
    "numbers as dates": ({"age": {"type": "datetime"}}, ("'age'", "no dates")),
    "numbers that are not whole": ({"price": {"type": "integer"}}, ("'price'", "not whole", "continuous")),
    "negative counts": ({"debt": {"type": "count"}}, ("'debt'", "not whole")),
    "text without an order": ({"size": {"type": "ordinal"}}, ("'size'", "'levels'", "lowest first")),
    "no level among the values": ({"size": {"levels": ["S", "M", "L"]}}, ("'size'", "'S'", "'large'")),
    "three truths": ({"size": {"type": "boolean"}}, ("'size'", "two")),
    "a level twice": ({"zip": {"type": "ordinal", "levels": [1010, 1010]}}, ("'zip'", "differ")),
    "low above values": ({"age": {"low": 30}}, ("'age'", "low", "at most 18", "30")),
    "high below values": ({"age": {"high": 30}}, ("'age'", "high", "at least 69", "30")),
    "low above high": ({"debt": {"low": 30, "high": 20}}, ("'debt'", "low", "30", "20")),
    "text as a bound": ({"age": {"low": "young"}}, ("'age'", "number", "'young'")),
    "no date": ({"day": {"low": "soon"}}, ("'day'", "date", "'soon'")),
    "a number as a date": ({"day": {"low": 3}}, ("'day'", "date", "3")),
    "levels of numbers": ({"price": {"levels": [1, 2]}}, ("'price'", "levels")),
    "decimals of whole numbers": ({"age": {"decimals": 2}}, ("'age'", "decimals")),
    "bounds of levels": ({"size": {"low": 2}}, ("'size'", "low")),
    "a column without values": ({"empty": {"type": "continuous"}}, ("'empty'", "no value")),
    "infinite bound": ({"age": {"low": -float("inf")}}, ("'age'", "low")),
    "another version": ({"version": 2, "columns": {}}, ("version", "1", "2")),
    "unknown kind": ({"kind": "pictures"}, ("kind", "'pictures'")),
    "unknown head": ({"version": 1, "rows": 3}, ("'rows'",)),
    "columns as a list": ({"version": 1, "columns": []}, ("columns", "mapping")),
}


@pytest.mark.parametrize("case", MISFITS)
def test_a_schema_that_does_not_fit_is_refused_in_one_sentence(case: str) -> None:
    declared, says = MISFITS[case]
    with pytest.raises(InputError) as refusal:
        learn(declared_schema(declared).columns)
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    for part in says:
        assert part in sentence


@pytest.mark.parametrize(
    ("content", "says"), [("{\n1", "line 2"), ("[1]", "object"), ("\xff\xfe", "JSON"), ("", "empty")]
)
def test_a_file_that_holds_no_schema_is_named(content: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(FileRefused, match=r"x\.json") as refusal:
        declared_schema(path)
    assert says in str(refusal.value)


def test_frequent_values_outside_the_declared_levels_are_warned_of() -> None:
    with pytest.warns(QuintetWarning, match="'size'.*'middle'"):
        learn({"size": {"levels": ["small", "large"]}})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        learn({"size": {"levels": ["small", "large", "middle", "huge"]}})


def test_missing_codes_are_written_and_can_be_declared() -> None:
    rows = frame().assign(age=lambda rows: rows["age"].where(rows.index % 6 > 0, -999))
    learnt = schema_of(rows)
    assert editable(learnt)["columns"]["age"]["missing_codes"] == [-999]
    assert schema_of(rows, editable(learnt)) == learnt
    for declared, low in (([], -999), ([-999], 18)):
        column = learn({"age": {"missing_codes": declared}}, rows)["age"]
        assert column.support.seen_low >= low
        assert (column.support.seen_low == -999) == (low == -999)
        cells = column.encode(read_frame(rows[["age"]]).columns[0].values)
        assert np.isnan(cells).sum() == (10 if declared else 0)


def test_a_schema_prints_a_line_for_each_column() -> None:
    lines = str(schema_of(frame())).splitlines()
    assert lines[0].startswith("rows of ")
    assert len(lines) == 1 + frame().shape[1]
    assert lines[4].split()[:2] == ["age", "integer"]
    assert "nearly every row" in lines[1]
