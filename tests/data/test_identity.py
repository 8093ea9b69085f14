"""Fingerprints of rows: equal rows have equal ones whatever holds them, others do not; parts are kept and found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintet.data.row_fingerprints import (
    CALIBRATION,
    EQUAL,
    HELD_OUT,
    TRAIN,
    dealt,
    fingerprints,
    kept_fingerprints,
    parts_of,
)
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
    reference = kept_fingerprints(parts, keys)
    assert np.array_equal(parts_of(keys, reference), parts)
    assert parts_of(keys, None) is None
    new = keys[parts == HELD_OUT]
    later = parts_of(keys, kept_fingerprints(np.full(len(new), TRAIN), new, reference))
    assert np.array_equal(later == TRAIN, np.isin(parts, (TRAIN, HELD_OUT)))


def counts_of(parts: np.ndarray) -> list[int]:
    return np.bincount(parts, minlength=5).tolist()


def test_equal_rows_have_as_many_parts_as_in_the_fit_and_others_are_only_equal() -> None:
    keys = RNG.integers(0, 8, 1000)  # rows of three binary cells: each is there more than a hundred times
    parts = RNG.choice(4, 1000, p=[0.7, 0.1, 0.1, 0.1]).astype(np.uint8)
    reference = kept_fingerprints(parts, keys)
    again = parts_of(keys[::-1], reference)
    expected = counts_of(parts)
    assert counts_of(again) == [*expected[:3], 0, expected[3]]
    for key in range(8):
        of_fit, of_asked = counts_of(parts[keys == key])[:3], counts_of(again[keys[::-1] == key])[:3]
        assert of_fit == of_asked
    assert set(parts_of(RNG.integers(0, 8, 200), reference)) == {EQUAL}  # new rows, every one of them
    assert set(parts_of(np.array([8, 9]), reference)) == {HELD_OUT}
    some = dealt(RNG.integers(0, 8, 200), reference)  # training that goes on deals them as the fit did
    assert np.allclose(np.bincount(some, minlength=3) / 200, np.array(expected[:3]) / sum(expected[:3]), atol=0.08)


def test_rows_that_recur_now_and_then_are_known_where_the_rows_of_the_fit_are_asked() -> None:
    keys = np.concatenate([np.zeros(20, dtype=np.int64), np.arange(1, 181)])  # a tenth is blank
    reference = kept_fingerprints(np.full(200, TRAIN, dtype=np.uint8), keys)
    assert (parts_of(keys[:100], reference) == TRAIN).all()
    new = np.concatenate([np.zeros(10, dtype=np.int64), np.arange(1000, 1090)])
    assert counts_of(parts_of(new, reference)) == [0, 0, 0, 90, 10]
    assert (parts_of(np.full(3, 7), reference)).tolist() == [TRAIN, EQUAL, EQUAL]  # one copy is known, no more


def test_training_that_goes_on_counts_a_row_that_trained_twice_once() -> None:
    first = kept_fingerprints(np.full(4, TRAIN), np.array([1, 1, 1, 2]))
    later = kept_fingerprints(np.array([TRAIN, TRAIN, CALIBRATION]), np.array([1, 3, 3]), first)
    assert later.train.tolist() == [1, 1, 1, 2, 3]
    assert later.calibration.tolist() == [3]
