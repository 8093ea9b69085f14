"""Bits that can be trusted: the coder's arithmetic has one result, whatever adds the numbers and in whatever order."""

from __future__ import annotations

import copy
from contextlib import nullcontext
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from quintet.codec.arithmetic.exact_mode import Exact
from quintet.codec.arithmetic.ieee_operations import NotExact
from quintet.codec.entropy import binary_decisions, latent_grid
from quintet.data.schema import Schema
from quintet.models.fitted import Fitted
from quintet.networks import Conv, Folded, Mlp, Network
from quintet.tasks.compress import compress, decompress
from quintet.tasks.compress.coding_model import CodingModel
from quintet.variants import get
from tests.tasks.compress.models import TRAINING, digits, model, trained_digits
from tests.tasks.compress.test_machines import on_another_machine

NETWORKS: dict[str, tuple[str, Network]] = {
    "dense": ("image8", Mlp(hidden=(64, 32))),
    "dense, gelu, layer norm": ("binary", Mlp(hidden=(48,), activation="gelu", norm="layer")),
    "table": ("real", Mlp(hidden=(32,), activation="elu", norm="batch")),
    "weight norm": ("levels", Mlp(hidden=(24,), norm="weight")),
    "spectral norm": ("levels", Mlp(hidden=(24,), norm="spectral", activation="relu")),
    "cells in 0..1": ("unit", Mlp(hidden=(32,), activation="tanh")),
    "convolutions": ("colour", Conv(channels=8, features=32, norm="layer")),
    "folded": ("colour", Folded(channels=8, blocks=(1,), features=32)),
}


@cache
def built(name: str) -> CodingModel:
    data, network = NETWORKS[name]
    torch.manual_seed(0)
    schema = Schema.infer(TRAINING[data])
    recipe = get("vae")().build(schema, 4, network)
    fitted = Fitted(schema, recipe.model.eval(), fingerprint=name, options={})
    return CodingModel.from_fitted(fitted, exact=True)


def numbers_of(coding: CodingModel, values: Any) -> tuple[Tensor, ...]:
    """The coder's whole input from a model of rows: mean, spread, and the likelihood's cdf."""
    with torch.no_grad(), coding.arithmetic():
        q = coding.posterior(values, np.ones(values.shape, dtype=bool), None)
        given = coding.likelihood(q.mean[0].numpy(), None)
        cdf = given.cdf(torch.full((1, len(values), *coding.schema.shape), 0.25, dtype=torch.float64))
        return q.mean[0], q.variance[0], cdf[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_threads_batches_and_libraries_change_no_bit(name: str) -> None:
    coding = built(name)
    values = TRAINING[NETWORKS[name][0]][:12].reshape(12, -1)
    values = coding.schema.to_model_layout(values.reshape(12, *coding.schema.row_shape)).reshape(12, -1)
    whole = numbers_of(coding, values)
    with torch.backends.mkldnn.flags(enabled=False, allow_tf32=None):
        others = [numbers_of(coding, values)]
    torch.set_num_threads(2)
    others.append(numbers_of(coding, values))
    rows = [numbers_of(coding, values[i : i + size]) for i, size in ((0, 1), (1, 4), (5, 7))]
    others.append(tuple(torch.cat(parts) for parts in zip(*rows, strict=True)))
    for other in others:
        assert all(torch.equal(one, two) for one, two in zip(whole, other, strict=True))
    plain = numbers_of(replace(coding, exact=False), values)
    for one, two in zip(whole, plain, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)


def test_files_are_the_same_bytes_where_sums_run_in_another_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the guard that looks for numbers near a boundary: there is nothing left to guard against."""
    monkeypatch.setattr(binary_decisions, "TOLERANCE", 0.0)
    monkeypatch.setattr(latent_grid, "TOLERANCE", 0.0)
    X = digits()[0][1500:]
    f = trained_digits()
    other = on_another_machine(f)
    blob = compress(f, X, effort="low")
    torch.set_num_threads(2)
    assert compress(other, X, effort="low") == blob
    with torch.backends.mkldnn.flags(enabled=False, allow_tf32=None):
        assert np.array_equal(decompress(other, blob), X)


class Wave(nn.Module):
    """An activation that the list of exact operations does not know."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.atan(x)


def test_a_network_with_other_operations_is_coded_as_before() -> None:
    f = model("image8")
    odd = replace(f, model=copy.deepcopy(f.model))
    odd.model.decoder = nn.Sequential(Wave(), odd.model.decoder)
    with pytest.raises(NotExact, match="atan"), Exact():
        CodingModel.from_fitted(odd, exact=True).likelihood(np.zeros((2, 3)), None)
    X = TRAINING["image8"]
    assert np.array_equal(decompress(odd, compress(odd, X)), X)
    assert isinstance(CodingModel.from_fitted(odd).arithmetic(), nullcontext)


def test_a_sum_of_no_numbers_is_zero_in_exact_arithmetic_too() -> None:
    with Exact():
        assert torch.equal(torch.zeros(0, 3).sum(-1), torch.zeros(0))
        assert float(torch.zeros(0, dtype=torch.float64).sum()) == 0
