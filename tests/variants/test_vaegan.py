"""The VAE-GAN: it says more of a row than the mean does, by its critic's eyes too, and the critic does not win."""

import numpy as np
import torch

from quintet.models.adversarial.critic import critic_won
from quintet.models.adversarial.feature_similarity import feature_distance
from quintet.studies.diagnose.fit import high_power
from quintet.variants.vae import Vae
from quintet.variants.vaegan import Vaegan
from tests.variants.adversaries import DIGITS, trained, untrained


def test_reconstructions_are_nearer_than_the_mean_row() -> None:
    error = np.square(trained(Vaegan()).reconstruct(DIGITS).astype(float) - DIGITS).mean()
    assert error < 0.75 * DIGITS.reshape(len(DIGITS), -1).var(0).mean()


def test_features_of_rows_and_their_reconstructions_agree_the_more_they_weigh() -> None:
    distance = [trained(Vaegan(similarity=w)).history_.stage("joint")[-1]["penalty_similarity"] for w in (0.0, 5.0)]
    assert distance[1] < 0.8 * distance[0]


def test_the_adversary_plays_and_does_not_win() -> None:
    joint = trained(Vaegan()).history_.stage("joint")
    assert critic_won(joint) is None
    assert 0.3 < joint[-1]["loss_critic"] < 2.0


def test_the_distance_is_that_of_normed_features() -> None:
    torch.manual_seed(0)
    one, two = torch.randn(2, 5, 400)
    torch.testing.assert_close(feature_distance(3 * one + 1, one, 64), torch.zeros(5), atol=1e-3, rtol=0.0)
    torch.testing.assert_close(feature_distance(one, two, 64), torch.full((5,), 64.0), atol=0.0, rtol=0.2)  # ½ · 64 · 2


def test_reconstructions_keep_more_fine_detail_than_the_vae_s() -> None:
    vaegan, vae = (high_power(trained(v).reconstruct(DIGITS).astype(float)) for v in (Vaegan(), Vae()))
    assert vaegan > 1.1 * vae


def test_the_loss_is_the_sum_of_its_weighted_parts_and_fakes_teach_the_decoder_alone() -> None:
    recipe, (terms, _) = untrained(Vaegan(similarity=2.0, adversary=3.0, cells=0.5))
    parts = terms.penalties
    whole = 0.5 * terms.distortion + terms.rate.sum(-1) + 2 * parts["similarity"] + 3 * parts["adversary"]
    torch.testing.assert_close(terms.loss, whole)
    model = recipe.model
    alone = torch.autograd.grad(parts["adversary"].sum(), list(model.parameters()), allow_unused=True)
    taught = {name.split(".")[0] for (name, _), g in zip(model.named_parameters(), alone, strict=True) if g is not None}
    assert taught == {"decoder"}
