"""Rows of steps: layout, shared units, tokens."""

import numpy as np
import pytest

from quintet.data.row_layout import Columns, Grid, RowLayout, Steps
from quintet.data.schema import Schema
from quintet.errors import InputError


@pytest.mark.parametrize(
    ("shape", "sequential", "layout", "model_shape"),
    [
        ((24,), True, Steps(24, 1), (24,)),
        ((24, 7), True, Steps(24, 7), (168,)),
        ((24,), False, Columns(24), (24,)),
        ((24, 7), False, Grid(1, 24, 7), (1, 24, 7)),
    ],
)
def test_layout_and_shape(shape: tuple[int, ...], sequential: bool, layout: object, model_shape: tuple[int]) -> None:
    row = RowLayout(row_shape=shape, sequential=sequential)
    assert (row.layout, row.shape, row.channels_last) == (layout, model_shape, False)
    rows = np.arange(2 * row.size).reshape(2, *shape)
    np.testing.assert_array_equal(row.to_user_layout(row.to_model_layout(rows)), rows)


def test_the_steps_of_a_channel_share_their_units() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 6, 2)) * (1.0, 50.0) + (0.0, 900.0)
    rows[:, :, 1] += np.arange(6) * 100  # a trend, which units of each step would hide
    schema = Schema.infer(rows, sequential=True)
    loc, scale = (np.reshape(values, (6, 2)) for values in (schema.loc, schema.scale))
    np.testing.assert_allclose(loc, np.tile(rows.mean((0, 1)), (6, 1)))
    np.testing.assert_allclose(scale, np.tile(rows.std((0, 1)), (6, 1)))


def test_a_cell_is_constant_or_unseen_where_its_whole_channel_is() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 5, 3))
    rows[:, :, 1] = 7.0
    rows[:, 2, 0] = 3.0  # one step that happens to be constant
    rows[:, :, 2] = np.nan
    schema = Schema.infer(rows, sequential=True)
    assert schema.constant == tuple((3 * step + 1, 7.0) for step in range(5))
    assert schema.unseen == tuple(3 * step + 2 for step in range(5))


def test_images_of_whole_numbers_are_real_as_series_and_booleans_binary() -> None:
    grey = np.random.default_rng(0).integers(0, 256, size=(20, 8, 8), dtype=np.uint8)
    assert Schema.infer(grey).kind == "image8"
    assert Schema.infer(grey, sequential=True).kind == "real"
    assert Schema.infer(grey > 9, sequential=True).kind == "binary"


def test_tokens_are_as_many_as_the_largest_in_training() -> None:
    schema = Schema.infer(np.array([[0, 3], [900, 1]]), kind="token", sequential=True)
    assert (schema.levels, schema.is_token, schema.grey_levels, schema.is_boolean) == (901, True, 0, False)


@pytest.mark.parametrize("rows", [[[0, -1]], [[0, 2**16]], [[0.5, 1.0]]])
def test_tokens_are_whole_numbers_of_a_vocabulary(rows: list[list[float]]) -> None:
    with pytest.raises(InputError, match="kind 'token'"):
        Schema.infer(np.array(rows), kind="token")


def test_what_rows_were_cut_from_changes_no_fingerprint() -> None:
    from quintet.data.sequences.series.description import SeriesDescription

    schema = Schema.infer(np.random.default_rng(0).normal(size=(9, 4)), sequential=True)
    assert (
        schema.model_copy(update={"sequence": SeriesDescription.model_construct(type="series")}).identity
        == schema.identity
    )
    assert schema.identity != Schema.infer(np.random.default_rng(0).normal(size=(9, 4))).identity
