"""Two machines whose sums run in another order decode each other's files."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from quintet.codec.entropy.binary_decisions import DecisionSequence, pop_symbols
from quintet.codec.entropy.bit_stack import Stack
from quintet.codec.entropy.cdf import CodedCells
from quintet.codec.entropy.value_grid import whole_grid
from quintet.models.fitted import Fitted
from quintet.tasks.compress import compress, decompress
from quintet.tasks.compress.coding_model import CodingModel, ValueBins
from tests.tasks.compress.models import TRAINING, digits, model, trained_digits


def on_another_machine(f: Fitted) -> Fitted:
    """The same function with its hidden units in another order: equal in exact arithmetic, not in floating point."""
    m = copy.deepcopy(f.model)
    for stack in (m.encoder, m.decoder):
        linear = [layer for layer in stack.modules() if isinstance(layer, nn.Linear)]
        last = linear[-1] if stack is m.decoder else m.head.head
        inner = linear[:-1] if stack is m.decoder else linear
        for layer, after in zip(inner, [*inner[1:], last], strict=True):
            order = torch.randperm(layer.out_features)
            layer.weight.data, layer.bias.data = layer.weight.data[order], layer.bias.data[order]
            after.weight.data = after.weight.data[:, order].contiguous()
    return replace(f, model=m)


def test_the_other_machine_calculates_otherwise() -> None:
    f, z = trained_digits(), np.random.default_rng(0).normal(size=(50, 8))
    here, there = (CodingModel.from_fitted(g).likelihood(z, None).mean for g in (f, on_another_machine(f)))
    assert not torch.equal(here, there)
    assert torch.allclose(here, there, rtol=1e-10)


@pytest.mark.parametrize("exact", [True, False])
def test_files_travel(exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    of = CodingModel.from_fitted
    if not exact:  # as of a network with operations that have no exact arithmetic
        monkeypatch.setattr(CodingModel, "from_fitted", lambda fitted, exact=False: of(fitted))
    X, _ = digits()
    f = trained_digits()
    other = on_another_machine(f)
    assert np.array_equal(decompress(other, compress(f, X[1500:])), X[1500:])
    assert np.array_equal(decompress(f, compress(other, X[1500:])), X[1500:])


@pytest.mark.parametrize("data", ["image8", "binary"])
def test_files_of_poor_models_travel(data: str) -> None:
    f = model(data)
    X = TRAINING[data]
    assert np.array_equal(decompress(on_another_machine(f), compress(f, X)), X)


def test_threads_and_chunks_do_not_matter() -> None:
    X, _ = digits()
    f = trained_digits()
    blob = compress(f, X[:300], effort="low")
    torch.set_num_threads(2)
    assert compress(f, X[:300], effort="low") == blob
    assert np.array_equal(decompress(f, blob), X[:300])


def test_questions_cost_what_the_distribution_says() -> None:
    f = trained_digits()
    X, _ = digits()
    symbols = X[:40].reshape(40, -1).astype(np.int64)
    coding = CodingModel.from_fitted(f)
    z = coding.posterior(symbols, np.ones(symbols.shape, dtype=bool), None).mean[0].numpy()
    likelihood = coding.likelihood(z, None)
    exact = (
        -likelihood.log_prob(torch.from_numpy(symbols).double().reshape(1, 40, 1, 8, 8)).flatten(2).sum(-1)[0].numpy()
    )
    for first in (-1, 0, 5, 16):
        grid = replace(whole_grid(np.dtype(np.uint8), 64, 17), first=np.full(64, first))
        cells = CodedCells(likelihood, f.schema.shape, ValueBins(grid, f.schema), np.ones((40, 64), dtype=bool))
        decisions = DecisionSequence.from_symbols(symbols, cells)
        np.testing.assert_allclose(decisions.bits, exact / np.log(2), rtol=5e-3)
        stack = Stack()
        decisions.push(stack.coder)
        assert abs(stack.coder.num_valid_bits() - decisions.bits.sum()) < 64
        assert np.array_equal(pop_symbols(stack.coder, cells), symbols)
        assert stack.coder.is_empty()
