"""Every schema has columns: those of a table, or one for each channel or feature, by its kind."""

import ast
import math
import re
from pathlib import Path

import numpy as np
import pytest

from quintet.data.cell_kinds import KINDS
from quintet.data.columns.base import Values
from quintet.data.columns.levels import Boolean
from quintet.data.columns.numbers import Continuous, Count
from quintet.data.columns.pixels import Pixel
from quintet.data.columns.tokens import Token
from quintet.data.kind_columns import LARGEST_COUNT, limits, shared_column
from quintet.data.row_layout import Columns, Grid
from quintet.data.schema import Schema

PACKAGE = Path(__file__).parents[2] / "quintet"
SCHEMAS = ("schema", "units", "grey", "known")
READ = re.compile(rf"\b({'|'.join(SCHEMAS)})_?\.kind\b")
READS_THE_KIND = {
    "models/variant.py": "a user names likelihoods by the kinds of data that the documentation lists",
    "estimators/_input/training_rows.py": "passes the kind on to the check of cells",
    "estimators/_fit/job.py": "records the options of a training",
}
"""Modules outside ``quintet/data`` that read a schema's kind other than to print it."""
ROWS = {
    "image8": (np.uint8, [0, 3, 16]),
    "unit": (np.float32, [0.0, 0.25, 1.0]),
    "binary": (bool, [False, True, True]),
    "count": (np.int64, [0, 2, 1000]),
    "real": (np.float64, [-3.5, 0.25, 1e9]),
    "token": (np.int64, [0, 2, 999]),
}


def schema_of(kind: str, shape: tuple[int, ...] = (3,)) -> Schema:
    dtype, values = ROWS[kind]
    cells = np.array(values * math.prod(shape), dtype=dtype).reshape(3, *shape)
    return Schema.infer(cells, kind=kind)


def test_there_is_a_column_for_every_kind_of_one_cell() -> None:
    assert {kind for kind in KINDS if shared_column(kind) is not None} == set(ROWS) == set(KINDS) - {"columns"}


@pytest.mark.parametrize(
    ("kind", "column", "low", "high", "whole", "levels"),
    [
        ("image8", Pixel, 0, 16, True, 17),
        ("unit", Continuous, 0, 1, False, 0),
        ("binary", Boolean, 0, 1, True, 2),
        ("count", Count, 0, None, True, 0),
        ("real", Continuous, None, None, False, 0),
        ("token", Token, 0, 999, True, 1000),
    ],
)
def test_the_column_and_support_of_each_kind(
    kind: str, column: type, low: float | None, high: float | None, whole: bool, levels: int
) -> None:
    schema = schema_of(kind)
    support = schema.support
    assert type(schema.cell) is column
    assert (support.low, support.high, support.is_whole, support.levels) == (low, high, whole, levels)
    assert support.is_bounded == (high is not None)
    assert support.is_half_bounded == (kind == "count")
    assert schema.is_standardised == (kind == "real") == (low is None)
    assert (schema.is_boolean, schema.grey_levels) == (kind == "binary", 17 if kind == "image8" else 0)


@pytest.mark.parametrize("kind", ROWS)
def test_a_column_decodes_what_it_encodes_in_the_users_type(kind: str) -> None:
    dtype, values = ROWS[kind]
    array = np.array(values, dtype=dtype)
    for column in schema_of(kind).cell_columns:
        cells = column.encode(Values(array, np.zeros(3, dtype=bool)))
        back = column.decode(cells)
        assert back.dtype == dtype
        np.testing.assert_array_equal(back, array)
        low, high = limits(column.support)
        assert low <= cells.min()
        assert cells.max() <= high


def test_counts_reach_beyond_the_largest_of_training() -> None:
    schema = schema_of("count")
    assert schema.support.seen_high == schema.top == 1000
    assert limits(schema.support) == (0, LARGEST_COUNT)


@pytest.mark.parametrize(
    ("shape", "layout", "names"),
    [
        ((3,), Columns(3), ["x0", "x1", "x2"]),
        ((4, 6), Grid(1, 4, 6), ["channel 0"]),
        ((4, 6, 3), Grid(3, 4, 6), ["channel 0", "channel 1", "channel 2"]),
        ((5, 4, 6), Grid(5, 4, 6), [f"channel {i}" for i in range(5)]),
    ],
)
def test_a_column_for_each_channel_or_feature(shape: tuple[int, ...], layout: Grid | Columns, names: list[str]) -> None:
    schema = schema_of("image8", shape)
    assert schema.layout == layout
    assert [column.name for column in schema.cell_columns] == names
    assert {column.support for column in schema.cell_columns} == {schema.support}


def test_columns_of_flat_rows_have_the_names_of_their_features() -> None:
    schema = schema_of("real").model_copy(update={"feature_names": ("a", "b", "c")})
    assert [column.name for column in schema.cell_columns] == ["a", "b", "c"]


def test_a_changed_schema_has_other_columns() -> None:
    grey = schema_of("image8")
    assert grey.cell is not None
    assert grey.cell_columns
    binary = grey.model_copy(update={"kind": "binary", "levels": 2})
    assert binary.is_boolean
    assert all(type(column) is Boolean for column in binary.cell_columns)


def test_columns_of_one_kind_are_not_stored() -> None:
    schema = schema_of("image8")
    stored = schema.model_dump()
    assert stored["columns"] == ()
    assert stored["kind"] == "image8"
    assert not {"cell", "support", "layout", "cell_columns"} & set(stored)
    assert Schema.model_validate_json(schema.model_dump_json()) == schema


def test_code_outside_the_data_room_asks_columns_and_not_the_kind() -> None:
    reading = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if file.relative_to(PACKAGE).parts[0] != "data"
        and READ.search(code := file.read_text(encoding="utf-8"))
        and kinds_read(ast.parse(code))
    }
    assert reading == set(READS_THE_KIND)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("schema.kind == 'binary'", 1),
        ("{'image8': 1}[fitted.schema.kind]", 1),
        ("vae.schema_.kind", 1),
        ("f'kind {schema.kind!r}'", 0),
        ("array.dtype.kind == 'f'", 0),
    ],
)
def test_a_reading_of_the_kind_is_found(code: str, found: int) -> None:
    assert kinds_read(ast.parse(code)) == found


def kinds_read(code: ast.Module) -> int:
    """How often code reads the kind of a schema other than to print it in a message."""
    printed = {
        id(node) for text in ast.walk(code) if isinstance(text, ast.FormattedValue) for node in ast.walk(text.value)
    }
    return sum(
        isinstance(node, ast.Attribute) and node.attr == "kind" and id(node) not in printed and _is_schema(node.value)
        for node in ast.walk(code)
    )


def _is_schema(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.rstrip("_") in SCHEMAS
