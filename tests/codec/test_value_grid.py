"""Value grids: every value that fits comes back bit for bit, and a decimal column is recognised."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.grid_fit import fit_grid
from quintet.codec.entropy.value_grid import ValueGrid
from quintet.errors import FileRefused


@settings(max_examples=80)
@given(
    st.sampled_from(["f8", "f4", "f2", "i8", "i2", "u8"]).flatmap(lambda t: hnp.arrays(t, (9, 4))),
    st.sampled_from([1, 2, 4]),
    st.booleans(),
)
def test_a_grid_gives_every_value_that_fits_back_and_its_bins_hold_it(
    X: np.ndarray, different: int, many: bool
) -> None:
    X = np.concatenate([X] * 40) if many else X  # few values for many cells, which may be listed
    grid = fit_grid(X, different, with_lists=True)
    symbols, low, fits = grid.split(X)
    assert (symbols >= 0).all()
    assert (symbols < grid.size).all()
    back = grid.join(symbols, low)
    assert back[fits].tobytes() == X[fits].tobytes()
    if X.dtype != np.uint64:
        column = np.broadcast_to(np.arange(4), symbols.shape)
        value = np.where(fits, X, 0).astype(np.float64)
        assert (~fits | (value <= grid.upper_edge(symbols, column))).all()
        assert (~fits | (value >= grid.upper_edge(symbols - 1, column))).all()
    out = ByteWriter()
    grid.write(out)
    again = ValueGrid.read(ByteReader(bytes(out.data)), grid.dtype, 4)
    assert again.join(symbols, low)[fits].tobytes() == X[fits].tobytes()
    assert all(
        (getattr(again, name) == getattr(grid, name)).all() for name in ("quotient", "low", "shift", "size", "first")
    )


@pytest.mark.parametrize(("quotient", "dtype"), [(10, "f8"), (255, "f4"), (1, "f8"), (1000, "f8"), (256, "f4")])
def test_a_grid_finds_the_precision_that_a_column_shows(quotient: int, dtype: str) -> None:
    whole = np.random.default_rng(0).integers(0, 1000, (500, 1))
    grid = fit_grid((whole / quotient).astype(dtype), different=1)
    assert grid.quotient[0] == quotient
    assert grid.shift[0] == 0
    assert grid.split((whole / quotient).astype(dtype))[2].all()


def test_a_channel_of_few_values_between_which_nothing_lies_is_listed() -> None:
    draw = np.random.default_rng(0)
    few = draw.normal(size=300)
    steps = np.stack([few[draw.integers(0, 300, (200, 50))], draw.normal(size=(200, 50))], 2).reshape(200, 100)
    grid = fit_grid(steps, 2, with_lists=True)
    assert (len(grid.lists), grid.size[0], set(grid.size[::2])) == (1, 300, {300})
    assert not (grid.quotient[1::2] == grid.quotient[0]).any()
    symbols, low, fits = grid.split(steps)
    assert fits.all()
    assert not low[:, ::2].any()
    assert grid.join(symbols, low).tobytes() == steps.tobytes()
    out = ByteWriter()
    grid.write(out)
    assert len(out.data) < 300 * 8 + 60


@pytest.mark.parametrize("mask", [0x01, 0x04, 0x5A, 0x80, 0x90, 0xFF])
@pytest.mark.parametrize("listed", [True, False])
def test_a_damaged_grid_or_list_is_refused_or_read_as_another(listed: bool, mask: int) -> None:
    values = np.repeat(np.random.default_rng(0).normal(size=20), 40)[:, None]
    out, written = ByteWriter(), fit_grid(values, 1, with_lists=listed)
    written.write(out)
    whole = ValueGrid.read(ByteReader(bytes(out.data)), values.dtype, 1)
    assert [len(each) for each in whole.lists] == [20] * listed
    assert np.array_equal(whole.lists, written.lists)
    assert whole.join(*whole.split(values)[:2]).tobytes() == values.tobytes()
    for place in range(len(out.data)):
        with pytest.raises(FileRefused):
            ValueGrid.read(ByteReader(bytes(out.data[:place])), values.dtype, 1)
        data = bytearray(out.data)
        data[place] ^= mask
        try:
            grid = ValueGrid.read(ByteReader(bytes(data)), values.dtype, 1)
        except FileRefused:
            continue
        symbols, low, fits = grid.split(values)
        assert ((symbols >= 0) & (symbols < grid.size)).all()
        assert grid.join(symbols, low)[fits].tobytes() == values[fits].tobytes()
        assert all((each[1:] > each[:-1]).all() for each in grid.lists)
