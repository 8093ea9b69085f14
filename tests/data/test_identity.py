"""Fingerprints of rows: equal rows have equal ones whatever holds them, others do not; parts are kept and found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintet.data.identity import CALIBRATION, HELD_OUT, TRAIN, VALIDATION, fingerprints, kept, parts_of
from quintet.data.schema import Schema

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (400, 4, 5), dtype=np.uint8)
TABLE = RNG.normal(size=(300, 4)) * [1, 1e-3, 1e4, 1] + [0, 0, 0, 1.7e9]


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_a_row_is_known_in_every_type_that_holds_its_cells(dtype: type) -> None:
    schema = Schema.infer(PICTURES)
    expected = fingerprints(PICTURES, schema)
    assert len(np.unique(expected)) == len(PICTURES)
    assert np.array_equal(fingerprints(PICTURES.astype(dtype).reshape(len(PICTURES), -1), schema), expected)


def test_a_copy_in_single_precision_is_known_and_close_timestamps_differ() -> None:
    schema = Schema.infer(TABLE)
    single = TABLE.copy()
    single[:, :3] = TABLE[:, :3].astype(np.float32)
    assert np.array_equal(fingerprints(single, schema), fingerprints(TABLE, schema))
    seconds = 1.7e9 + np.arange(500.0)[:, None]
    assert len(np.unique(fingerprints(seconds, Schema.infer(seconds)))) == 500


@given(st.integers(0, 299), st.integers(0, 3), st.floats(-1e6, 1e6))
def test_one_other_cell_or_one_hole_is_another_row(row: int, cell: int, value: float) -> None:
    schema = Schema.infer(TABLE)
    own = fingerprints(TABLE[row : row + 1], schema)
    other = TABLE[row : row + 1].copy()
    other[0, cell] = np.nan
    assert fingerprints(other, schema) != own
    hole = ~np.isnan(other)
    other[0, cell] = value  # what stands in a hole is not read
    assert fingerprints(other, schema, hole) == fingerprints(np.where(hole, TABLE[row], np.nan), schema)


def test_a_fingerprint_depends_on_no_other_row_and_the_sign_of_zero_is_none() -> None:
    schema = Schema.infer(TABLE)
    assert np.array_equal(fingerprints(TABLE[100:], schema), fingerprints(TABLE, schema)[100:])
    zeros = np.zeros((1, 4))
    assert fingerprints(zeros, schema) == fingerprints(-zeros, schema)
    rows = RNG.integers(0, 2, (20_000, 60), dtype=np.uint8)  # few bits a cell are stirred as well as many
    assert len(np.unique(fingerprints(rows, Schema.infer(rows)))) == len(rows)


def test_parts_are_found_again_and_training_rows_stay_training_rows() -> None:
    keys = fingerprints(PICTURES, Schema.infer(PICTURES))
    parts = RNG.integers(0, 4, len(keys)).astype(np.uint8)
    reference = kept(parts, keys)
    assert np.array_equal(parts_of(keys, reference), parts)
    assert parts_of(keys, {}) is None
    new = keys[parts == HELD_OUT]
    later = parts_of(keys, kept(np.full(len(new), TRAIN), new, reference))
    assert np.array_equal(later == TRAIN, np.isin(parts, (TRAIN, HELD_OUT)))
    twice = kept(np.array([CALIBRATION, TRAIN, VALIDATION]), np.array([5, 5, 5]))
    assert parts_of(np.array([5]), twice) == TRAIN
