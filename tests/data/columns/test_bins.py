"""Intervals of numbers: each holds its values in 32-bit floats, whatever the magnitude of the column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quintet.data.columns.bins import learn_bins

VALUES = st.lists(st.integers(0, 2**62) | st.integers(0, 50), min_size=2, max_size=40, unique=True)


@settings(max_examples=60, deadline=None)
@example([*range(8), 2**62 - 256, 2**62 - 255], 1, 0.0)
@given(VALUES, st.integers(1, 40), st.sampled_from([0.0, 1.0]))
def test_standardised_values_lie_within_an_interval_in_float32(values: list[int], times: int, step: float) -> None:
    cells = np.repeat(np.array(values, dtype=np.float64), times)
    bins = np.array(learn_bins(cells, step))
    loc, scale = cells.mean(), cells.std()

    def single(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        return ((numbers - loc) / scale).astype(np.float32)

    low, high, x = single(bins[:, 0]), single(bins[:, 1]), single(cells)
    assert (low < high).all()
    assert ((low <= x[:, None]) & (x[:, None] < high)).any(1).all()
