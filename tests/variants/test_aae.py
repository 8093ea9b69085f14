"""The adversarial autoencoder: its codes as a whole come near N(0, I), and they still say what the rows were."""

import torch

from quintet import VAE
from quintet.models.adversarial.critic import critic_won
from quintet.models.objectives.mmd import mmd
from quintet.noise import Noise
from quintet.variants.aae import Aae
from quintet.variants.ae import Ae
from tests.variants.adversaries import DIGITS, frechet
from tests.variants.adversaries import trained as fitted


def trained(variant: Ae | Aae) -> VAE:
    """The matching of the codes takes more steps than reconstruction."""
    return fitted(variant, epochs=40, batch_size=128, learning_rate=2e-3)


def gap(variant: Ae | Aae) -> float:
    """Discrepancy of the codes from N(0, I)."""
    z = torch.from_numpy(trained(variant).transform(DIGITS)).float()
    return float(mmd(z, Noise(3).normal(*z.shape)[0]))


def test_the_aggregate_posterior_comes_near_the_prior() -> None:
    assert gap(Aae()) < gap(Ae()) / 3


def test_samples_from_the_prior_are_nearer_to_the_data_than_the_plain_autoencoder_s() -> None:
    with_adversary, without = trained(Aae()), trained(Ae())
    without.fitted_.model.prior_learnt = True  # or drawing from its prior warns
    distance = [
        frechet(vae.generate(500, sampler="prior", random_state=1), DIGITS) for vae in (with_adversary, without)
    ]
    without.fitted_.model.prior_learnt = False
    assert distance[0] < distance[1]


def test_little_of_the_reconstruction_is_paid_and_the_adversary_does_not_win() -> None:
    figures = [trained(variant).history_.stage("joint") for variant in (Aae(), Ae())]
    assert figures[0][-1]["distortion"] < figures[1][-1]["distortion"] + 20
    assert critic_won(figures[0]) is None
