"""A flow in the posterior: a bound nearer to log p(x) than a diagonal normal's where posteriors are not normal."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from quintet import VAE
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.posteriors.flow import KINDS
from quintet.models.posteriors.flow import NormalizingFlowPosterior as Head
from quintet.models.posteriors.normal import DiagonalNormal
from quintet.networks import Mlp
from quintet.noise import Noise
from quintet.variants.flow_posterior import FlowPosterior


def log_joint(z: Tensor, curved: bool) -> Tensor:
    """p(z) = N(0, I) and p(x|z) at x = 1 about z_2 - z_1² (a banana), or about z_1 + z_2 (a narrow ridge)."""
    middle = z[..., 1] - z[..., 0].square() if curved else z.sum(-1)
    fit = -0.5 * ((1 - middle) / 0.2).square() - math.log(0.2)
    return fit - 0.5 * z.square().sum(-1) - 1.5 * math.log(2 * math.pi)


@cache
def bound(kind: str, curved: bool) -> float:
    """The evidence lower bound of a posterior that is trained for this one x, in nats."""
    torch.manual_seed(0)
    features = torch.ones(1, 4)
    head: nn.Module = DiagonalNormal(4, 2) if kind == "vae" else Head(4, 2, kind, transforms=3, hidden=16)
    optimiser = torch.optim.Adam(head.parameters(), lr=0.03)
    for step in range(250):
        for group in optimiser.param_groups:
            group["lr"] = 0.03 * (1 - step / 250)
        q = head(features)
        z = q.sample(Noise((1, step), draws=64))
        loss = (q.log_prob(z).sum(-1) - log_joint(z, curved)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        q = head(features)
        z = q.sample(Noise(9, draws=20_000))
        return float((log_joint(z, curved) - q.log_prob(z).sum(-1)).mean())


def evidence(curved: bool) -> float:
    """log p(x) by a sum over a grid, in nats."""
    line = torch.linspace(-8, 8, 1601)
    grid = torch.stack(torch.meshgrid(line, line, indexing="ij"), -1)
    return float(log_joint(grid, curved).exp().sum().mul(0.01**2).log())


@pytest.mark.parametrize("kind", ["iaf", "spline", "planar"])
def test_the_bound_of_a_bent_posterior_is_tighter_than_a_normals(kind: str) -> None:
    assert bound("vae", True) + 0.1 < bound(kind, True) < evidence(True) + 0.02


def test_a_linear_flow_is_exact_where_the_posterior_is_a_normal_with_correlations() -> None:
    assert bound("vae", False) + 0.5 < bound("linear", False)
    assert bound("linear", False) == pytest.approx(evidence(False), abs=0.02)


@pytest.mark.parametrize("kind", ["linear", "planar", "spline"])
def test_every_kind_trains_codes_and_scores_a_row_whatever_stands_beside_it(kind: str) -> None:
    X = load_digits().images[:60].astype(np.uint8)
    network = {"kind": "mlp", "hidden": (16,)}
    vae = VAE(FlowPosterior(kind=kind, hidden=8), latent_dim=3, epochs=2, network=network, random_state=0).fit(X)
    np.testing.assert_array_equal(vae.decompress(vae.compress(X[:5])), X[:5])
    scores = vae.log_prob(X[:8], draws=4)
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(vae.log_prob(X[5:6], draws=4), scores[5:6])


@pytest.mark.parametrize("wrong", [{"kind": "radial"}, {"transforms": 0}, {"hidden": True}])
def test_options_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(InputError, match=r"must be|not known"):
        FlowPosterior(**wrong)


def test_the_variant_builds_the_flow_that_was_asked_for() -> None:
    schema = Schema.infer(np.random.default_rng(0).normal(size=(9, 4)))

    def flow(**options: Any) -> tuple[type[nn.Module], int]:
        model = FlowPosterior(**options).build(schema, 3, Mlp((8,))).model
        assert isinstance(model.head, Head)
        return type(model.head.flow), sum(p.numel() for p in model.head.flow.parameters())

    kinds = [flow(kind=kind) for kind in KINDS]
    assert len(set(kinds)) == len(KINDS) == 4
    for kind, found in zip(KINDS, kinds, strict=True):
        assert flow(kind=kind, transforms=4)[1] > found[1]
    assert flow(kind="iaf", hidden=128)[1] > flow(kind="iaf", hidden=64)[1]
