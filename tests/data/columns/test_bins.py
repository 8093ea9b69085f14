"""Intervals of numbers: each holds its values in 32-bit floats, whatever the magnitude of the column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from quintet.data.columns.bins import MOST_BINS, REPEATED, learn_bins, of_one_value

VALUES = st.lists(st.integers(0, 2**62) | st.integers(0, 50), min_size=2, max_size=40, unique=True)


@settings(max_examples=60, deadline=None)
@example([1_152_921_503_753_513_664, 1_152_921_504_606_846_912], 1, 0.0)
@example([*range(8), 2**62 - 256, 2**62 - 255], 1, 0.0)
@given(VALUES, st.integers(1, 40), st.sampled_from([0.0, 1.0]))
def test_standardised_values_lie_within_an_interval_in_float32(values: list[int], times: int, step: float) -> None:
    cells = np.repeat(np.array(values, dtype=np.float64), times)
    bins = np.array(learn_bins(cells, step))
    loc, scale = cells.mean(), cells.std()
    assume(scale > 0)  # integers above 2**53 may be equal in float64

    def single(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        return ((numbers - loc) / scale).astype(np.float32)

    low, high, x = single(bins[:, 0]), single(bins[:, 1]), single(cells)
    assert (low < high).all()
    assert ((low <= x[:, None]) & (x[:, None] < high)).any(1).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(2, MOST_BINS), st.integers(REPEATED, 2 * REPEATED), st.sampled_from([0.0, 0.5]))
def test_repeated_values_have_an_interval_each(distinct: int, times: int, step: float) -> None:
    cells = np.repeat(0.5 * np.arange(distinct), times)
    bins = learn_bins(cells, step)
    assert len(bins) == distinct
    assert all(of_one_value(bins, step))


@settings(max_examples=40, deadline=None)
@given(st.integers(-280, 280), st.integers(0, 10**6))
def test_intervals_do_not_depend_on_units(power: int, seed: int) -> None:
    """Charges of 1.6e-19 coulomb have the intervals that their multiples have."""
    rng = np.random.default_rng(seed)
    cells = np.concatenate([rng.gamma(2, 1, 300), np.full(60, 2.0), rng.integers(0, 9, 60)])
    unit = 2.0**power
    wanted, found = np.array(learn_bins(cells, 0.0)), np.array(learn_bins(cells * unit, 0.0))
    np.testing.assert_allclose(found / unit, wanted, rtol=1e-9)
    assert of_one_value(tuple(map(tuple, found)), 0.0) == of_one_value(tuple(map(tuple, wanted)), 0.0)


def test_intervals_of_many_values_differ_from_single_ones() -> None:
    cells = np.concatenate([np.random.default_rng(0).normal(size=400), np.zeros(200)])
    bins = learn_bins(cells, 0.0)
    single = of_one_value(bins, 0.0)
    assert sum(single) == 1
    low, high = bins[single.index(True)]
    assert low < 0 < high
