"""Latents of real rows as candidates: the likeliest are found, their weights are shares, and blocks gain by them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.data.rows import Rows
from quintet.distributions import RowMixture
from quintet.model.objectives import masked_sum
from quintet.tasks.aggregate import KEPT, NAME, candidates
from quintet.tasks.impute import impute

X = load_digits().images.astype(np.uint8)


@pytest.fixture(scope="module")
def vae() -> VAE:
    return VAE(epochs=60, latent_dim=8, network={"kind": "mlp", "hidden": (64,)}).fit(X[:1200])


def test_every_training_row_has_its_latent_in_the_file(vae: VAE) -> None:
    points = vae.fitted_.reference[NAME]
    assert points.shape == (1200 - vae.held_out_, 8)
    whole = torch.from_numpy(vae.transform(X[:1200])).half().float()
    distance = torch.cdist(points.float(), whole).min(1).values
    assert distance.max() < 1e-2  # each is the embedding of some training row


def test_candidates_are_kept_latents_with_weights_that_sum_to_one(vae: VAE) -> None:
    fitted = vae.fitted_
    batch = Rows.of(X[1200:1210], fitted.schema).batch(slice(None))
    guess = fitted.guide.posterior(batch.x, batch.observed.float())
    found = candidates(fitted, guess, lambda p: masked_sum(p.log_prob(batch.x), batch.observed), None)
    assert found is not None
    z, weight, evidence = found
    assert z.shape == (KEPT, 10, 8)
    torch.testing.assert_close(weight.sum(0), torch.ones(10))
    assert torch.isfinite(evidence).all()
    points = fitted.reference[NAME].float()
    assert (torch.cdist(z.flatten(0, 1), points).min(1).values < 1e-5).all()


def test_a_row_that_trained_the_model_finds_its_own_latent(vae: VAE) -> None:
    fitted = vae.fitted_
    index = torch.arange(0, 1200, 50)
    own = torch.from_numpy(vae.transform(X[:1200][index.numpy()])).half().float()
    there = torch.cdist(own, fitted.reference[NAME].float()).min(1).values < 1e-3  # not held out for calibration
    batch = Rows.of(X[:1200], fitted.schema).batch(index)
    guess = RowMixture.of(fitted.model.posterior(batch.x, batch.observed))
    found = candidates(fitted, guess, lambda p: masked_sum(p.log_prob(batch.x), batch.observed), None)
    assert found is not None
    hit = (found[0] - own).norm(dim=-1).min(0).values < 1e-3
    assert there.sum() > 15
    assert hit[there].all()


def test_a_missing_half_gains_by_candidates(vae: VAE) -> None:
    held = X[1200:1600]
    mask = np.zeros(held.shape, bool)
    mask[:, 4:] = True
    rows = Rows.of(held, vae.schema_, mask=mask)
    bare = replace(vae.fitted_, reference={k: t for k, t in vae.fitted_.reference.items() if k != NAME})
    with_them, without = (
        float(np.square((impute(fitted, rows).mean[:, 0].numpy() - held)[mask]).mean())
        for fitted in (vae.fitted_, bare)
    )
    assert with_them < without
