"""Rows and masks of every form that the answers take are the same cells in a figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from quintet.data.frame_columns import learn_table
from quintet.data.schema import Array, Schema
from quintet.errors import InputError
from quintet.plot.cells import as_mask_of, cells_of, hidden_cells

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (6, 5, 4, 3)).astype(np.uint8)
PIXELS = RNG.random((6, 5, 4)) < 0.5
NAMED = pd.DataFrame(
    {
        "id": [f"row number {i}" for i in range(60)],
        "a": RNG.normal(size=60),
        "b": RNG.normal(size=60),
    }
)


@pytest.fixture(scope="module")
def table() -> Schema:
    """Of the columns a and b; id is left out."""
    cells, found = learn_table(NAMED)
    schema = found.schema(cells)
    assert [column.name for column in schema.modelled] == ["a", "b"]
    return schema


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (PIXELS, PIXELS[..., None]),
        (PIXELS[0], PIXELS[0][..., None]),
        (COLOUR > 99, COLOUR > 99),
        (COLOUR[0] > 99, COLOUR[0] > 99),
    ],
)
def test_masks_of_pixels_and_of_cells_hide_those_cells(mask: Array, expected: Array) -> None:
    hidden = hidden_cells(Schema.infer(COLOUR), COLOUR, 4, mask, 0)
    np.testing.assert_array_equal(hidden, np.broadcast_to(expected, COLOUR.shape)[:4])


def test_whole_pixels_are_hidden_at_random() -> None:
    for images, axis in ((COLOUR, 3), (np.repeat(COLOUR, 2, 3).transpose(0, 3, 2, 1), 1)):
        hidden = hidden_cells(Schema.infer(images), images, 6, None, 0)
        assert hidden.shape == images.shape
        assert 0.2 < hidden.mean() < 0.8
        assert (hidden.all(axis) == hidden.any(axis)).all()


@pytest.mark.parametrize(
    "mask",
    [np.array([True, True, False]), pd.DataFrame({"a": [True] * 60, "id": [False] * 60})],
)
def test_a_mask_of_columns_may_name_those_that_the_model_leaves_out(table: Schema, mask: Any) -> None:
    hidden = hidden_cells(table, NAMED, 3, mask, 0)
    np.testing.assert_array_equal(hidden, [[True, False]] * 3)
    back = as_mask_of(table, NAMED[["b", "id", "a"]].iloc[:3], hidden)
    np.testing.assert_array_equal(back, [[False, False, True]] * 3)


def test_flat_rows_are_images() -> None:
    flat = cells_of(Schema.infer(COLOUR), COLOUR.reshape(6, -1), 2)
    np.testing.assert_array_equal(flat, COLOUR[:2])


def test_a_mask_of_another_shape_is_refused_in_a_sentence(table: Schema) -> None:
    for schema, rows in ((Schema.infer(COLOUR), COLOUR), (table, NAMED)):
        with pytest.raises(InputError, match="mask must have the shape"):
            hidden_cells(schema, rows, 2, np.ones((7, 2), dtype=bool), 0)
