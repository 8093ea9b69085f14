"""Quantiles of cells, and draws of counts, which have no largest value."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.distributions.counts import NegativeBinomial
from quintet.errors import QuintetWarning
from quintet.inference.candidate_search import search_effort
from quintet.inference.conditional_draws import conditional_draws
from quintet.inference.interval_width import CellMarginals
from quintet.inference.missing_posterior import missing_posterior
from quintet.inference.quantiles import attainable, bisected, upper_end

COUNTS = np.random.default_rng(0).poisson(6, (60, 18))


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 3000), st.floats(0.1, 1e4), st.integers(1, 40), st.integers(0, 2**32))
def test_quantiles_of_counts_are_those_of_the_distribution_whatever_training_held(
    mean: float, size: float, top: int, seed: int
) -> None:
    schema = Schema.infer(np.array([[top]]), kind="count")
    clean = NegativeBinomial(torch.tensor([[mean]], dtype=torch.float64).log(), torch.tensor([[size]]).log().double())
    share = torch.from_numpy(np.random.default_rng(seed).random((1, 50)))
    low = torch.full_like(share, -1.0)
    found = bisected(schema, clean.cdf, share, low, upper_end(schema, clean.cdf, share), steps=20)
    expected = nbinom.ppf(share.numpy(), size, size / (mean + size))
    assert (np.abs(found.numpy() - expected) <= 1e-6 * expected + (share.numpy() < 1e-6)).all()


def test_a_share_of_one_has_a_finite_quantile() -> None:
    schema = Schema.infer(COUNTS, kind="count")
    clean = NegativeBinomial(torch.full((1, 1), 2.0), torch.full((1, 1), 3.0))
    share = attainable(schema, torch.ones(1, 1))
    assert 20 < float(bisected(schema, clean.cdf, share, -share, upper_end(schema, clean.cdf, share), 20)) < 200


@pytest.fixture(scope="module")
def vae() -> VAE:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        return VAE(kind="count", latent_dim=2, epochs=20, network={"kind": "mlp", "hidden": (16,)}).fit(COUNTS)


def test_counts_beyond_the_largest_of_training_are_generated_and_imputed(vae: VAE) -> None:
    top = COUNTS.max()
    new = vae.generate(1000)
    assert 0 < (new > top).mean() < 0.05
    assert vae.fitted_.artifacts.copula is not None, "imputed draws are quantiles"
    assert vae.fitted_.artifacts.interval_widths is not None, "of a calibrated width"
    drawn = vae.impute(COUNTS[:20], mask=np.arange(18) % 2 == 0, draws=20, effort="low")
    assert 0 < (drawn > top).mean() < 0.05
    assert drawn.max() < 5 * top


def test_a_width_of_one_changes_no_draw(vae: VAE) -> None:
    fitted = vae.fitted_
    rows = Rows.of(COUNTS[:20], fitted.schema, mask=np.arange(18) % 2 == 0)
    batch = rows.batch(slice(None))
    with torch.no_grad():
        parts = missing_posterior(fitted, batch, search_effort("low", 18), 0, 0)
        found = CellMarginals.of(fitted, parts, batch, batch.x)
        draws = conditional_draws(fitted, found.parts, found.seen, batch, 60, 0, 0)
        kept = found.widened(draws, torch.ones(20, 18), (0, 26), 0)
        wide = found.widened(draws, torch.full((20, 18), 2.0), (0, 26), 0)
    assert float(draws.max()) > fitted.schema.top
    assert ((kept - draws).abs() <= 1).all()
    assert (kept == draws).float().mean() > 0.97
    assert (wide - draws)[draws >= fitted.schema.top].mean() > 1, "wider beyond the largest count of training too"
