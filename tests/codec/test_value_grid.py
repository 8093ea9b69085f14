"""Value grids: every value that fits comes back bit for bit, and a decimal column is recognised."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.value_grid import ValueGrid, fit_grid


@settings(max_examples=80)
@given(st.sampled_from(["f8", "f4", "f2", "i8", "i2", "u8"]).flatmap(lambda t: hnp.arrays(t, (9, 2))), st.booleans())
def test_a_grid_gives_every_value_that_fits_back_and_its_bins_hold_it(X: np.ndarray, alike: bool) -> None:
    grid = fit_grid(X, alike)
    symbols, low, fits = grid.split(X)
    assert (symbols >= 0).all()
    assert (symbols < grid.size).all()
    back = grid.join(symbols, low)
    assert back[fits].tobytes() == X[fits].tobytes()
    if X.dtype != np.uint64:
        column = np.broadcast_to(np.arange(2), symbols.shape)
        value = np.where(fits, X, 0).astype(np.float64)
        assert (~fits | (value <= grid.upper_edge(symbols, column))).all()
        assert (~fits | (value >= grid.upper_edge(symbols - 1, column))).all()
    out = ByteWriter()
    grid.write(out)
    again = ValueGrid.read(ByteReader(bytes(out.data)), grid.dtype, 2)
    assert all(
        (getattr(again, name) == getattr(grid, name)).all() for name in ("quotient", "low", "shift", "size", "first")
    )


@pytest.mark.parametrize(("quotient", "dtype"), [(10, "f8"), (255, "f4"), (1, "f8"), (1000, "f8"), (256, "f4")])
def test_a_grid_finds_the_precision_that_a_column_shows(quotient: int, dtype: str) -> None:
    whole = np.random.default_rng(0).integers(0, 1000, (500, 1))
    grid = fit_grid((whole / quotient).astype(dtype), alike=False)
    assert grid.quotient[0] == quotient
    assert grid.shift[0] == 0
    assert grid.split((whole / quotient).astype(dtype))[2].all()
