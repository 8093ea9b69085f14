"""Dual matching on synthetic counts: the zero-inflated likelihood fits them, and both adversaries stay in the game."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.models.adversarial.dual_matching import GAMES, bhattacharyya_loss
from quintet.variants.dr_aae import SECOND, DrAae
from tests.shared import unguided
from tests.variants.adversaries import untrained

GENES, TRAIN = 16, 512


@cache
def cells() -> np.ndarray:
    """(768, 16) counts of three kinds of cells, a third of them not caught."""
    rng = np.random.default_rng(0)
    means = rng.gamma(0.7, 12.0, (3, GENES))[rng.integers(0, 3, 768)]
    drawn = rng.negative_binomial(2.0, 2.0 / (2.0 + means))
    return drawn * (rng.random(drawn.shape) > 1 / 3)


@cache
def trained(variant: DrAae, kind: str = "count") -> VAE:
    """A fit of a few seconds."""
    plan = {"batch_size": 128, "learning_rate": 3e-3}
    network = {"kind": "mlp", "hidden": (32,)}
    sizes = {"latent_dim": 2, "network": network, "calibration": 0.0}
    with unguided():
        return VAE(variant, epochs=60, kind=kind, training=plan, random_state=0, **sizes).fit(cells()[:TRAIN])


def nats(vae: VAE) -> float:
    """-log P(x | the code of x) of rows that did not train, a mass whatever the likelihood: nats a row."""
    schema, model = vae.schema_, vae.fitted_.model
    batch = Rows.of(cells()[TRAIN:], schema).batch(slice(None))
    with torch.no_grad():
        given = model.decode(model.embed(batch.x, batch.observed)[None])
        if schema.kind == "count":
            return -float(given.log_prob(batch.x).sum(-1).mean())
        half = 0.5 / torch.tensor(schema.scale).float()
        return -float((given.cdf(batch.x + half) - given.cdf(batch.x - half)).clamp(min=1e-30).log().sum(-1).mean())


def test_counts_are_fitted_better_than_by_a_normal() -> None:
    inflated, plain, normal = (
        nats(trained(DrAae(likelihood=likelihood), kind))
        for likelihood, kind in (("auto", "count"), ("negative_binomial", "count"), ("normal", "real"))
    )
    assert inflated < normal - 2
    assert inflated < plain


@pytest.mark.parametrize("second", SECOND)
def test_both_adversaries_stay_in_the_game(second: str) -> None:
    last = trained(DrAae(second=second)).history_.stage("joint")[-1]
    assert last["penalty_adversary"] < 3
    assert last["penalty_rows"] < 3
    assert ("penalty_cycle" in last) == (second == "cycle")


def test_generated_cells_have_about_the_zeros_and_the_mean_of_real_ones() -> None:
    new = trained(DrAae()).generate(2000, random_state=1)
    assert new.dtype.kind == "i"
    assert (new == 0).mean() == pytest.approx((cells() == 0).mean(), abs=0.12)
    assert new.mean() == pytest.approx(cells().mean(), rel=0.5)


def test_the_least_loss_of_the_bhattacharyya_critic_is_the_coefficient() -> None:
    x = torch.linspace(-9, 9, 4001, dtype=torch.float64)
    p, q = (torch.exp(-0.5 * (x - m).square()) / (2 * torch.pi) ** 0.5 for m in (0.5, -0.5))
    step = float(x[1] - x[0])

    def loss(logit: torch.Tensor) -> float:
        real, fake = (
            bhattacharyya_loss(logit, torch.full_like(logit, -torch.inf)),
            bhattacharyya_loss(logit * 0 + torch.inf, logit),
        )
        ends = 0.5 * np.exp(-4.0)  # of the side that is not there
        return float(((real - ends) * p + (fake - ends) * q).sum() * step)

    best = loss(x)  # log p/q = x
    assert best == pytest.approx(np.exp(-1 / 8), abs=2e-3)  # ∫ √(N(½, 1) N(-½, 1))
    assert loss(0.5 * x) > best
    assert loss(1.5 * x) > best
    assert GAMES["bhattacharyya"].fool(torch.tensor(2.0)) < GAMES["bhattacharyya"].fool(torch.tensor(-2.0))


@pytest.mark.parametrize("second", SECOND)
def test_every_part_of_the_loss_has_its_weight(second: str) -> None:
    def paid(rows: float) -> torch.Tensor:
        _, (model, *_) = untrained(DrAae(second=second, weight=2.0, rows=rows), cells()[:20], "count")
        codes = model.distortion + 2.0 * 4 * model.penalties["adversary"]  # four latents
        cycle = model.penalties["cycle"] if second == "cycle" else torch.zeros(())
        return model.loss - codes - cycle

    one = paid(1.0)
    torch.testing.assert_close(paid(0.0), torch.zeros(20), atol=1e-3, rtol=0)
    torch.testing.assert_close(paid(3.0), 3 * one, atol=1e-3, rtol=1e-3)
    assert (one > 0.05).all()


def test_the_cycle_counts_once_in_the_loss() -> None:
    _, (model, *_) = untrained(DrAae(second="cycle", weight=0.0, rows=0.0), cells()[:20], "count")
    assert float(model.penalties["cycle"].detach().mean()) > 0.1
    torch.testing.assert_close(model.loss, model.distortion + model.penalties["cycle"], atol=1e-3, rtol=1e-4)
