"""Levels without an order (``likelihood="categorical"``) are never averaged: every answer is a level."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.distributions import Categorical, DiscretizedLogisticMixture
from quintet.distributions.joint import point_estimate
from quintet.errors import QuintetWarning
from quintet.variants.cvae import Cvae
from quintet.variants.vae import Vae
from quintet.variants.vrae import Vrae

RNG = np.random.default_rng(0)
SORT = RNG.integers(0, 2, 240)
X = np.where(RNG.random((240, 4, 4)) < 0.55, 0.0, 6.0)
"""Codes 0 and 6 of seven, about equally often: their mean, near 3, is another code that training never showed."""
X[:, 0, 0] = 6.0 * SORT
VARIANTS = {
    "vae": Vae(likelihood="categorical"),
    "cvae": Cvae(likelihood="categorical"),
    "vrae": Vrae(steps="rows", likelihood="categorical", teacher_forcing=True),
}


@pytest.fixture(scope="module", params=VARIANTS)
def vae(request: pytest.FixtureRequest) -> VAE:
    sequence = request.param == "vrae"
    network: dict[str, Any] = {"kind": "recurrent", "hidden": 8} if sequence else {"kind": "mlp", "hidden": (16,)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        fitted = VAE(VARIANTS[request.param], latent_dim=2, epochs=20, network=network, random_state=0)
        return fitted.fit(X[:200], SORT[:200] if request.param == "cvae" else None)


def test_every_answer_is_a_level_of_training(vae: VAE) -> None:
    rows, hidden = X[200:], RNG.random((40, 4, 4)) < 0.4
    assert vae.fitted_.nominal
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        answers = {
            "impute": vae.impute(rows, mask=hidden),
            "draws": vae.impute(rows[:5], mask=hidden[:5], draws=3),
            "denoise": vae.denoise(rows, noise="replacement"),
            "with holes": vae.denoise(rows, noise="replacement", mask=hidden),
            "reconstruct": vae.reconstruct(rows),
            "decode": vae.inverse_transform(vae.transform(rows)),
            "expected": vae.generate(20, expected=True),
            "lossy": vae.decompress(vae.compress(rows, lossy=True)),
        }
    for name, answer in answers.items():
        assert set(np.unique(answer)) <= {0.0, 6.0}, name
    np.testing.assert_array_equal(answers["impute"][~hidden], rows[~hidden])


def test_of_several_latents_the_probabilities_are_averaged() -> None:
    table = torch.tensor([[0.6, 0.0, 0.4], [0.3, 0.0, 0.7], [0.1, 0.5, 0.4]]).clamp(min=1e-9)
    weighted = [(Categorical(t.log().reshape(1, 1, 1, 3)), torch.tensor([1 / 3])) for t in table]
    assert point_estimate(weighted).tolist() == [[2.0]], "argmax of (.33, .17, .5), not the mode of the modes"


def test_levels_with_an_order_are_averaged() -> None:
    zero = torch.zeros(1, 1, 1, 1)
    clean = [DiscretizedLogisticMixture(zero, zero + loc, zero - 2, 7) for loc in (1.0, 4.0)]
    assert point_estimate((c, torch.tensor([0.5])) for c in clean).item() == pytest.approx(2.5, abs=0.05)
