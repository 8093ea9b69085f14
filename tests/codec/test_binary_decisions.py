"""Binary decisions: code lengths follow the distribution, and symbols come back from the stack."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from quintet.codec.entropy import binary_decisions
from quintet.codec.entropy.binary_decisions import DecisionSequence, _rounded, pop_symbols
from quintet.codec.entropy.bit_stack import Stack
from quintet.codec.entropy.cdf import FLOOR, CodedCells


@dataclass
class Logistic:
    """A distribution that the codec has never seen: it needs ``cdf`` and ``select`` only."""

    loc: Tensor

    def cdf(self, x: Tensor) -> Tensor:
        return torch.sigmoid(x - self.loc)

    def select(self, index: object) -> Logistic:
        return Logistic(self.loc[index])  # type: ignore[index]


@dataclass
class UnitBins:
    """Bins of width 1 around 0 .. size-1."""

    size: np.ndarray
    first: np.ndarray

    def upper(self, symbols: np.ndarray, column: np.ndarray) -> np.ndarray:
        return symbols + 0.5


def test_numbers_near_a_boundary_are_marked_and_a_salt_moves_it() -> None:
    near, far = np.array([(1000.5 + 1e-10) / 65536]), np.array([1000.7 / 65536])
    one = np.ones(1)
    assert _rounded(near, one, 0)[1].all()
    assert not _rounded(far, one, 0)[1].any()
    assert not _rounded(near, one, 1)[1].any()


def drawn(rows: int, first: list[int], seed: int) -> tuple[np.ndarray, CodedCells, np.ndarray]:
    """Symbols 0 .. 16 from a logistic distribution, the cells that they fill, and their ideal code length in bits."""
    rng = np.random.default_rng(seed)
    loc, coded = torch.from_numpy(rng.normal(8, 4, (1, rows, 3))), rng.random((rows, 3)) < 0.8
    u = rng.uniform(size=(rows, 3))
    x = np.rint(loc[0].numpy() + np.log(u) - np.log1p(-u)).clip(0, 16).astype(np.int64)
    symbols = np.where(coded, x, 0)
    edges = torch.tensor([-np.inf, *(np.arange(16) + 0.5), np.inf], dtype=torch.float64)
    mass = Logistic(loc[0, ..., None]).cdf(edges).diff(dim=-1).numpy()
    mass = (1 - FLOOR) * np.take_along_axis(mass, symbols[..., None], -1)[..., 0] + FLOOR / 17
    ideal = np.where(coded, -np.log2(mass), 0).sum(1)
    return symbols, CodedCells(Logistic(loc), (3,), UnitBins(np.full(3, 17), np.array(first)), coded), ideal


@pytest.mark.parametrize("first", [-1, 0, 8, 16])
def test_symbols_cost_their_log_probability(first: int) -> None:
    symbols, cells, ideal = drawn(2000, [first] * 3, 0)
    bits = DecisionSequence.from_symbols(symbols, cells).bits
    assert bits.mean() == pytest.approx(ideal.mean(), rel=0.003)


@settings(max_examples=40)
@given(st.integers(1, 30), st.lists(st.integers(-1, 16), min_size=3, max_size=3), st.integers(0, 2**32 - 1))
def test_symbols_come_back_and_the_stack_holds_their_bits(rows: int, first: list[int], seed: int) -> None:
    symbols, cells, _ = drawn(rows, first, seed)
    decisions, stack = DecisionSequence.from_symbols(symbols, cells), Stack()
    decisions.push(stack.coder)
    assert stack.coder.num_valid_bits() == pytest.approx(decisions.bits.sum(), abs=64)
    assert np.array_equal(pop_symbols(stack.coder, cells), symbols)
    assert stack.coder.is_empty()


@settings(max_examples=40)
@given(st.integers(1, 30), st.lists(st.integers(-1, 16), min_size=3, max_size=3), st.integers(0, 2**32 - 1))
def test_levels_ahead_change_no_decision(rows: int, first: list[int], seed: int) -> None:
    symbols, cells, _ = drawn(rows, first, seed)
    together = DecisionSequence.from_symbols(symbols, cells)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(binary_decisions, "FEW_CELLS", 0)
        alone = DecisionSequence.from_symbols(symbols, cells)
    assert len(together.decisions) == len(alone.decisions)
    for ours, theirs in zip(together.decisions, alone.decisions, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))
