"""Latents of real rows as candidates: the likeliest are found, and blocks gain by them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.distributions import Distribution, RowMixture
from quintet.inference.latent_bank import candidates
from quintet.models.objectives.elbo import masked_sum
from tests.shared import hardly_measured

X = load_digits().images.astype(np.uint8)


@pytest.fixture(scope="module")
def vae() -> VAE:
    with hardly_measured():
        return VAE(epochs=60, latent_dim=8, network={"kind": "mlp", "hidden": (64,)}).fit(X[:1200])


def test_every_training_row_has_its_latent_in_the_file(vae: VAE) -> None:
    points = vae.fitted_.artifacts.latent_bank.points
    assert points.shape == (1200 - vae.held_out_, 8)
    whole = torch.from_numpy(vae.transform(X[:1200])).half().float()
    distance = torch.cdist(points.float(), whole).min(1).values
    assert distance.max() < 1e-2  # each is the embedding of some training row


def test_candidates_are_the_likeliest_of_those_tried(vae: VAE) -> None:
    fitted = vae.fitted_
    batch = Rows.of(X[1200:1210], fitted.schema).batch(slice(None))
    guess = fitted.guide.posterior(batch.x, batch.observed.float())

    def seen(p: Distribution) -> torch.Tensor:
        return masked_sum(p.log_prob(batch.x), batch.observed)

    every, best = candidates(fitted, guess, seen, None, 40, 40), candidates(fitted, guess, seen, None, 40, 8)
    assert every is not None
    assert best is not None
    assert best.shape == (8, 10, 8)
    points = fitted.artifacts.latent_bank.points.float()
    assert (torch.cdist(best.flatten(0, 1), points).min(1).values < 1e-5).all()
    torch.testing.assert_close(  # in half precision they are ranked by, near ties may change places
        seen(fitted.model.decode(best)), seen(fitted.model.decode(every)).topk(8, 0).values, rtol=0.02, atol=0.5
    )


def test_a_row_that_trained_the_model_finds_its_own_latent(vae: VAE) -> None:
    fitted = vae.fitted_
    index = torch.arange(0, 1200, 50)
    own = torch.from_numpy(vae.transform(X[:1200][index.numpy()])).half().float()
    there = (
        torch.cdist(own, fitted.artifacts.latent_bank.points.float()).min(1).values < 1e-3
    )  # not held out for calibration
    batch = Rows.of(X[:1200], fitted.schema).batch(index)
    guess = RowMixture.of(fitted.model.posterior(batch.x, batch.observed))
    found = candidates(fitted, guess, lambda p: masked_sum(p.log_prob(batch.x), batch.observed), None, 256, 16)
    assert found is not None
    hit = (found - own).norm(dim=-1).min(0).values < 1e-3
    assert there.sum() > 15
    assert hit[there].all()
