"""The baseline: its samples come near the data, and what it has not it says in one sentence."""

import re

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.errors import Unanswerable
from quintet.models.adversarial.critic import critic_won
from quintet.noise import Noise
from quintet.variants.gan import Gan
from tests.variants.adversaries import DIGITS, frechet, trained


def test_samples_come_nearer_to_the_data_than_its_mean_would_be() -> None:
    start = frechet(trained(Gan(), epochs=1).generate(500, random_state=1), DIGITS)
    end = frechet(trained(Gan(), epochs=80).generate(500, random_state=1), DIGITS)
    assert end < start / 2
    assert end < float(DIGITS.reshape(len(DIGITS), -1).var(0).sum())  # the distance of the data's mean, ever repeated
    assert critic_won(trained(Gan(), epochs=80).history_.rows) is None


def test_rows_are_points_and_two_draws_differ() -> None:
    vae = trained(Gan(), epochs=1)
    z = vae.fitted_.model.sample_prior(3, Noise(0))
    with torch.no_grad():
        made = vae.fitted_.model.decode(z)
    assert torch.equal(made.sample(Noise(1))[0], made.mean[0])
    assert not np.array_equal(vae.generate(2)[0], vae.generate(2)[1])


def test_cells_are_legal_whatever_their_kind() -> None:
    rng = np.random.default_rng(0)
    kinds = {"unit": rng.random((9, 70)), "binary": rng.integers(0, 2, (9, 4)), "count": rng.poisson(30.0, (9, 4))}
    for kind, X in kinds.items():
        new = VAE(Gan(), latent_dim=2, epochs=2, kind=kind, network={"kind": "mlp", "hidden": (8,)}).fit(X).generate(50)
        assert new.dtype == X.dtype
        assert new.min() >= 0
        assert kind == "count" or new.max() <= 1


def test_there_is_no_posterior_and_every_way_to_one_says_so() -> None:
    vae = trained(Gan(), epochs=1)
    model, batch = vae.fitted_.model, Rows.of(DIGITS[:4], vae.schema_).batch(slice(None))
    for ask in (
        lambda: model.posterior(batch.x, batch.observed),
        lambda: model.draw(batch.x, batch.observed, Noise(0)),
        lambda: vae.transform(DIGITS[:4]),
        lambda: vae.reconstruct(DIGITS[:4]),
        lambda: vae.log_prob(DIGITS[:4]),
        lambda: vae.evaluate(DIGITS[:4], rows="all"),
    ):
        with pytest.raises(Unanswerable, match=re.compile(r"^[^.]+\.$")):
            ask()
