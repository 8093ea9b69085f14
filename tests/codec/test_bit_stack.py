"""The stack: pops and pushes are inverse, initial bits are few, and popped latents follow the posterior."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quintet.codec.entropy.bit_stack import Stack
from quintet.codec.entropy.latent_grid import LatentGrid


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
