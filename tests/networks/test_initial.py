"""Every likelihood's head starts at the data's own location and scale, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from quintet.data.dataset import Rows
from quintet.data.marginals import marginals
from quintet.data.schema import Schema
from quintet.models.flat import Flat
from quintet.networks import Mlp, choose_likelihood
from quintet.networks.heads import ALLOWED

CASES = [(kind, name) for kind, names in ALLOWED.items() for name in names]
RNG = np.random.default_rng(0)
N = 400


def cells_of(kind: str) -> np.ndarray:
    """Columns of one kind that differ as much as they may, one of them constant."""
    if kind == "count":
        mean = np.array([0.0, 0.02, 3.0, 300.0, 20_000.0, 1e6])
        return RNG.poisson(mean * RNG.lognormal(0, 0.5, (N, 1))).astype(float)
    if kind == "token":
        return np.minimum(RNG.geometric([0.5, 0.2, 0.9, 0.05], (N, 4)) - 1, [30, 30, 30, 30])
    if kind == "image8":
        return RNG.integers([0, 0, 100, 250, 7], [256, 4, 110, 256, 8], (N, 5)).astype(np.uint8)
    if kind == "binary":
        return (RNG.uniform(size=(N, 4)) < [0.5, 0.02, 0.97, 0.0]).astype(np.uint8)
    if kind == "unit":
        return RNG.uniform(size=(N, 4)) ** np.array([1.0, 9.0, 0.1, 2.0])
    return RNG.normal(size=(N, 5)) * [1.0, 0.2, 5.0, 1.0, 0.0]


def started(kind: str, name: str, X: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and variance of each cell under the head's start, (*row) each."""
    schema = Schema.infer(X, kind=kind)
    likelihood = choose_likelihood(name, kind, schema.levels)
    model = Flat(schema, 2, Mlp(hidden=(8,)), likelihood)
    model.start_at(marginals(Rows.of(X, schema)))
    p = model.likely(torch.zeros(1, likelihood.parameters, *schema.shape), torch.zeros(1, 1, 2))
    return p.mean[0, 0].double(), p.variance[0, 0].double()


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{kind}-{name}" for kind, name in CASES])
def test_the_head_starts_at_each_columns_mean_and_about_its_spread(kind: str, name: str) -> None:
    X = cells_of(kind)
    schema = Schema.infer(X, kind=kind)
    x = Rows.of(X, schema).values.double()
    mean, variance = started(kind, name, X)
    spread = x.std(0, unbiased=False)
    assert ((mean - x.mean(0)).abs() <= 0.15 * spread + 0.02 * schema.top).all(), (mean, x.mean(0))
    wide = spread > 0.05 * spread.max()
    if name not in ("mse", "bernoulli", "continuous_bernoulli"):  # those have no spread of their own
        ratio = (variance.sqrt() / spread)[wide]
        assert ((ratio > 0.5) & (ratio < 2)).all(), ratio


@pytest.mark.parametrize("scale", [1e-2, 1.0, 1e3, 1e6])
def test_counts_of_any_size_start_at_their_mean(scale: float) -> None:
    X = RNG.poisson(scale * RNG.lognormal(0, 0.5, (N, 3))).astype(float)
    for name in ("negative_binomial", "zero_inflated"):
        mean, _ = started("count", name, X)
        assert torch.allclose(mean, torch.from_numpy(X.mean(0)), rtol=1e-3), name


def test_a_column_never_seen_stays_at_the_start_whatever_the_latents() -> None:
    X = RNG.normal(size=(50, 3))
    X[:, 1] = np.nan
    schema = Schema.infer(X)
    model = Flat(schema, 2, Mlp(hidden=(8,)), choose_likelihood("auto", "real"))
    model.start_at(marginals(Rows.of(X, schema)))
    p = model.decode(torch.randn(1, 20, 2))
    assert (p.mean[..., 1].abs() < 1e-6).all()
    assert p.variance[..., 1].unique().numel() == 1
    assert p.mean[..., 0].unique().numel() > 1


def test_holes_and_weights_count_in_the_moments() -> None:
    X = RNG.normal(3.0, 2.0, (40, 4))
    X[RNG.uniform(size=X.shape) < 0.4] = np.nan
    weight = RNG.integers(0, 4, 40).astype(float)
    weight[0] = 1
    schema = Schema.infer(X)
    found = marginals(Rows.of(X, schema, sample_weight=weight))
    again = marginals(Rows.of(np.repeat(X, weight.astype(int), 0), schema))
    assert torch.allclose(found.mean, again.mean)
    assert torch.allclose(found.variance, again.variance)
