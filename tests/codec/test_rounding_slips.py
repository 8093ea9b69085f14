"""Decimals with rounding errors: the decimals are found, and every bit comes back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.float_patterns import bits_of
from quintet.codec.entropy.grid_fit import fit_grid
from quintet.codec.entropy.rounding_slips import read_slips, with_slips, without_slips, write_slips


def round_trip(values: np.ndarray, decimals: np.ndarray) -> np.ndarray:
    out = ByteWriter()
    write_slips(out, values, decimals)
    return with_slips(decimals, read_slips(ByteReader(bytes(out.data)), *values.shape))


@pytest.mark.parametrize("quotient", [20, 500, 1000, 10**8, 10**10])
def test_decimals_are_found_behind_errors_of_a_few_units_in_the_last_place(quotient: int) -> None:
    rng = np.random.default_rng(quotient)
    meant = rng.integers(50 * quotient, 90 * quotient, (400, 3)) / quotient
    values = meant.copy()
    some = rng.random(values.shape) < 0.3
    values[some] = np.nextafter(values[some], np.inf)
    found = without_slips(values, 3)
    np.testing.assert_array_equal(found, meant)
    assert (fit_grid(found, 3).quotient > 0).all()
    np.testing.assert_array_equal(bits_of(round_trip(values, found)), bits_of(values))


def test_a_few_slips_are_no_exceptions() -> None:
    values = np.random.default_rng(0).integers(0, 900, (300, 1)) / 100
    values[7] = np.nextafter(values[7], np.inf)
    assert fit_grid(values, 1).quotient[0] == 100
    assert fit_grid(without_slips(values, 1), 1).split(without_slips(values, 1))[2].all()


def test_what_has_no_rounding_errors_stays_as_it_is() -> None:
    rng = np.random.default_rng(0)
    for values in (rng.normal(size=(300, 2)), rng.integers(0, 900, (300, 2)) / 100, np.full((4, 2), np.nan)):
        assert without_slips(values, 2) is values
    single = rng.normal(size=(300, 2)).astype(np.float32)
    assert without_slips(single, 2) is single


def test_a_column_stays_where_a_list_of_its_values_takes_fewer_bits() -> None:
    different = np.nextafter(np.random.default_rng(0).permutation(3000) / 10**8 + 7, np.inf)[:, None]
    assert without_slips(different, 1, with_lists=True) is not different
    few = np.random.default_rng(1).integers(0, 40, 20_000)[:, None] / 10 + 7
    few[few > 9] = np.nextafter(few[few > 9], np.inf)
    assert without_slips(few, 1, with_lists=True) is few
    assert without_slips(few, 1) is not few


@given(arrays(np.float64, (30, 2), elements=st.floats(width=64) | st.sampled_from([0.1, 0.2, 0.1 + 0.2, -0.0, 1e300])))
def test_every_bit_comes_back(values: np.ndarray) -> None:
    np.testing.assert_array_equal(bits_of(round_trip(values, without_slips(values, 2))), bits_of(values))
