"""The coder's parts, each against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quintet.codec.container.packing import pack, unpack
from quintet.codec.container.row_groups import GroupPlan
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.bit_stack import Stack
from quintet.codec.entropy.latent_grid import LatentGrid
from quintet.codec.entropy.value_grid import ValueGrid, fit_grid
from quintet.errors import FileRefused


@given(st.lists(st.integers(0, 2**70 - 1)), st.lists(st.integers(-(2**69), 2**69 - 1)))
def test_numbers_come_back(whole: list[int], signed: list[int]) -> None:
    out = ByteWriter()
    for number in whole:
        out.varint(number)
    for number in signed:
        out.signed(number)
    source = ByteReader(bytes(out.data))
    assert [source.varint() for _ in whole] == whole
    assert [source.signed() for _ in signed] == signed
    with pytest.raises(FileRefused):
        source.varint()


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 30))
def test_packed_bytes_come_back(content: bytes, times: int) -> None:
    packed = pack(content * times)
    assert unpack(packed, len(content) * times) == content * times
    assert len(packed) <= len(content) * times + 1
    with pytest.raises(FileRefused):
        unpack(packed, len(content) * times + 1)


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


def test_popping_and_pushing_back_changes_nothing_and_adds_few_initial_bits() -> None:
    rng = np.random.default_rng(0)
    mean, scale = rng.normal(size=(5, 4)), np.exp(rng.normal(size=(5, 4)) - 2)
    grid = LatentGrid.for_posteriors(mean, scale, np.zeros(4), np.ones(4))
    q = grid.normal_block(mean, scale, truncated=True)
    stack = Stack()
    need = float(q.expected_bits.sum())
    k = stack.pop(q, need)
    assert 32 * stack.initial_words < need + 160
    q.push(stack.coder, k)
    assert stack.coder.num_words() == stack.initial_words
    assert np.array_equal(stack.pop(q, need), k)


def test_popped_latents_follow_the_posterior() -> None:
    """Standardised by their posterior, they are standard normal: no row may get a z from nowhere."""
    rng = np.random.default_rng(0)
    mean, scale = rng.normal(size=(20000, 4)) * 2, np.exp(rng.normal(size=(20000, 4)) * 0.5 - 2)
    grid = LatentGrid.for_posteriors(mean, scale, np.zeros(4), np.ones(4))
    stack = Stack(np.random.default_rng(1).integers(1, 2**32, 60000, dtype=np.uint32).tobytes())
    q = grid.normal_block(mean, scale, truncated=True)
    standard = (grid.dequantise(stack.pop(q, float(q.expected_bits.sum()))) - mean) / scale
    assert abs(standard.mean()) < 0.02
    assert standard.std() == pytest.approx(1, abs=0.02)
    assert np.abs(standard).max() < 7


@settings(max_examples=40)
@given(st.integers(1, 40), st.data())
def test_low_bits_come_back(rows: int, data: st.DataObject) -> None:
    shift = np.array(data.draw(st.lists(st.integers(0, 60), min_size=3, max_size=3)))
    low = data.draw(hnp.arrays(np.uint64, (rows, 3))) & ((np.uint64(1) << shift.astype(np.uint64)) - np.uint64(1))
    coded = data.draw(hnp.arrays(bool, (rows, 3)))
    stack = Stack()
    stack.push_low_bits(low, shift, coded)
    assert np.array_equal(stack.pop_low_bits(shift, coded), np.where(coded, low, 0))


def test_a_plan_comes_back() -> None:
    escaped = np.zeros(21, dtype=bool)
    escaped[[3, 20]] = True
    plan, out = GroupPlan(21, [0, 2, 4], [0, 3, 0], escaped), ByteWriter()
    plan.write(out)
    again = GroupPlan.read(ByteReader(bytes(out.data)), 21, 64)
    assert [(list(rows), salt) for rows, salt in again.groups()] == [(list(rows), salt) for rows, salt in plan.groups()]
    assert [rows.tolist() for rows, _ in plan.groups()] == [[0], [1, 2, 4], list(range(5, 20))]
