"""Rows as JSON: numbers, records, text; and what is none."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import learn_columns
from quintet.data.schema import Schema
from quintet.serving.bodies.json_body import read
from quintet.serving.bodies.shape import Shape
from quintet.serving.limits import Limits
from quintet.serving.refusals import Refusal

LIMITS = Limits(rows=50, cells=5_000, value_bytes=100)


def images() -> Shape:
    rows = np.random.default_rng(0).integers(0, 256, (30, 4, 5)).astype(np.uint8)
    rows[0, 0, :2] = 0, 255
    return Shape.of(Schema.infer(rows))


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "place": rng.choice(["a", "b"], 40),
            "price": rng.normal(size=40),
            "age": rng.integers(0, 90, 40),
            "free": rng.random(40) < 0.5,
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 40), "D"),
            "took": pd.to_timedelta(rng.integers(1, 5000, 40), "s"),
        }
    )


def table() -> Shape:
    columns = learn_columns(read_frame(frame()))
    return Shape.of(Schema.of_columns(columns, "pandas", np.zeros((2, 6), dtype=np.float64)))


def asked(rows: Any, shape: Shape, limits: Limits = LIMITS, **more: Any) -> Any:
    return read(json.dumps({"rows": rows, **more}).encode(), shape, limits)


def refused(content: bytes, shape: Shape, limits: Limits = LIMITS) -> Refusal:
    with pytest.raises(Refusal) as found:
        read(content, shape, limits)
    assert found.value.message.endswith(".")
    return found.value


def test_whole_numbers_are_rows_in_the_type_of_training() -> None:
    found = asked([[[1, 2, 3, 4, 5]] * 4] * 2, images())
    assert found.rows.dtype == np.uint8
    assert found.rows.shape == (2, 4, 5)
    assert found.count == 2
    assert found.mask is None


def test_null_is_a_missing_cell() -> None:
    found = asked([[[1, 2, 3, 4, None]] * 4], images())
    assert np.isnan(found.rows[:, :, 4]).all()
    assert not np.isnan(found.rows[:, :, :4]).any()


def test_a_number_that_training_could_not_hold_is_not_altered() -> None:
    assert asked([[[1, 2, 3, 4, 999]] * 4], images()).rows.max() == 999
    assert asked([[[1, 2, 3, 4, 0.5]] * 4], images()).rows[0, 0, 4] == 0.5


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"rows": [1',
        b'{"rows": [NaN]}',
        b'{"rows": [Infinity]}',
        b'{"rows": ["\\ud800"]}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"rows": [[1e999]]}'[:-1],
    ],
    ids=["empty", "cut off", "NaN", "Infinity", "half a character", "no UTF-8", "deep", "unclosed"],
)
def test_what_is_no_json_is_status_400(content: bytes) -> None:
    assert (refused(content, images()).status, refused(content, table()).status) == (400, 400)


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"rows": {}},
        {"rows": []},
        {"rows": "a"},
        {"rows": [[["1"] * 5] * 4]},
        {"rows": [[[1] * 5, [1] * 4]]},
        {"rows": [{"a": 1}]},
        {"rows": [[[[]]]]},
        {"rows": [[[1] * 4] * 5]},
        {"rows": [[1] * 20]},
        {"rows": [5]},
        {"rows": [[[True, "x", None, 1, 2]] * 4]},
        {"rows": [[[1] * 5] * 4, {"a": 1}]},
        {"rows": [[[1] * 5] * 4], "draws": 1},
        {"rows": [[[10**400] * 5] * 4]},
        {"rows": [[[1] * 5] * 4], "condition": [1, 2]},
    ],
)
def test_json_of_another_form_is_status_422(value: Any) -> None:
    assert refused(json.dumps(value).encode(), images()).status == 422


def test_too_many_rows_and_cells_are_status_413() -> None:
    assert refused(json.dumps({"rows": [1] * 51}).encode(), images()).status == 413
    assert refused(json.dumps({"rows": [[[1] * 5] * 4] * 30}).encode(), images(), Limits(cells=100)).status == 413


def test_records_are_columns_of_training_with_levels_times_spans_and_nulls() -> None:
    records = [
        {"place": "a", "price": 1, "age": None, "free": True, "when": "2024-02-01", "took": "00:10:00"},
        {"place": None, "price": 2.5, "free": None, "when": None, "took": None},
    ]
    found = asked(records, table()).rows
    assert found.column_names == ["place", "price", "age", "free", "when", "took"]
    assert found.column("price").to_pylist() == [1.0, 2.5]
    assert str(found.column("price").type) == "double"
    assert found.column("age").to_pylist() == [None, None]
    cells = table().schema.encode(found)
    own = table().schema.encode(
        pd.DataFrame(
            {
                "place": ["a"],
                "price": [1.0],
                "age": [None],
                "free": [True],
                "when": [pd.Timestamp("2024-02-01")],
                "took": [pd.Timedelta("00:10:00")],
            }
        )
    )
    np.testing.assert_array_equal(cells[0], own[0])
    assert np.isnan(cells[1, [0, 2, 3, 4, 5]]).all()


def test_the_same_columns_have_the_same_types_whether_whole_numbers_came_or_not() -> None:
    whole, broken = (asked([{"price": price, "age": 3}], table()).rows for price in (1, 1.5))
    assert whole.schema == broken.schema


@pytest.mark.parametrize(
    ("records", "status"),
    [
        ([{}], 422),
        ([{"plcae": "a"}], 422),
        ([{"place": ["a"]}], 422),
        ([{"place": {"a": 1}}], 422),
        ([{"price": True}, {"price": 1}], 422),
        ([{"price": "x"}, {"price": 1}], 422),
        ([{"age": 2**70}], 422),
        ([{"took": "soon"}], 422),
        ([{"took": 3}], 422),
        ([{"place": "a" * 101}], 413),
        ([["a", 1.0, 3, True, None, None]], 422),
        ([{f"c{i}": 1 for i in range(100_000)}], 422),
        ([{}] * 51, 413),
    ],
)
def test_records_of_another_form_are_refused(records: Any, status: int) -> None:
    assert refused(json.dumps({"rows": records}).encode(), table()).status == status
