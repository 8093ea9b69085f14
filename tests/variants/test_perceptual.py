"""Pictures by structural similarity: more of it than the bound buys, and still a probability of every row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.inference.likelihood import elbo
from quintet.models.ssim import MsSsim
from quintet.variants.perceptual import Perceptual
from quintet.variants.vae import Vae
from tests.laws.models import digits
from tests.shared import unmeasured

PLAN: dict[str, Any] = {
    "latent_dim": 8,
    "epochs": 20,
    "calibration": 0.0,
    "network": {"kind": "mlp", "hidden": (64,)},
    "training": {"batch_size": 32, "learning_rate": 6e-3},
}


@pytest.fixture(scope="module")
def trained() -> dict[str, VAE]:
    X = digits()[0][:600] / 16
    both = {"pixel": Vae(likelihood="mse"), "perceptual": Perceptual()}
    with unmeasured():
        return {name: VAE(variant, **PLAN).fit(X) for name, variant in both.items()}


def similarity(vae: VAE) -> float:
    """Mean MS-SSIM of held-out rows and their reconstructions."""
    X = digits()[0][600:900] / 16
    x, y = (torch.from_numpy(np.asarray(t, dtype=np.float32))[:, None] for t in (X, vae.reconstruct(X)))
    return float(MsSsim(1.0)(x, y, torch.ones_like(x, dtype=torch.bool)).mean())


def test_reconstructions_are_more_alike_in_structure_than_by_the_pixel_error(trained: dict[str, VAE]) -> None:
    """The comparison of the paper: the same networks and steps, squared error against MS-SSIM."""
    assert similarity(trained["perceptual"]) > similarity(trained["pixel"]) + 0.05


def test_the_spread_is_fitted_after_the_picture(trained: dict[str, VAE]) -> None:
    """Rows cost less than under a spread that was never fitted; the picture itself is not moved by it."""
    vae = trained["perceptual"]
    rows = Rows.of(digits()[0][600:900] / 16, vae.schema_)
    after = elbo(vae.fitted_, rows).mean().item()
    model = vae.fitted_.model
    z = torch.zeros(1, 1, 8)
    with torch.no_grad():
        picture = model.picture(z).clone()
        kept = [p.clone() for p in model.spread.parameters()]
        for p in model.spread.parameters():
            p.zero_()
        before = elbo(vae.fitted_, rows).mean().item()
        assert torch.equal(picture, model.picture(z))
        for p, was in zip(model.spread.parameters(), kept, strict=True):
            p.copy_(was)
    assert after > before + 5


@pytest.mark.parametrize("kind", ["unit", "binary"])
def test_grey_and_binary_pictures_are_taken_too(kind: str) -> None:
    X = digits()[0][:100] / 16
    vae = VAE("perceptual", latent_dim=4, epochs=3, network=PLAN["network"], kind=kind)
    vae.fit(X if kind == "unit" else (X > 0.5).astype(np.uint8))
    assert vae.schema_.kind == kind
    assert np.isfinite(vae.log_prob(X if kind == "unit" else (X > 0.5).astype(np.uint8), draws=3)).all()


def test_what_is_no_picture_is_refused_with_a_cure() -> None:
    for X, what in (
        (np.random.default_rng(0).normal(size=(9, 5)), "without height"),
        (np.zeros((9, 6, 6)) - 3.5, "real"),
    ):
        refusal = Perceptual().refuses(Schema.infer(X))
        assert refusal is not None
        assert what in refusal
        assert "variant='vae'" in refusal
    with pytest.raises(InputError, match="likelihood must be 'auto'"):
        Perceptual(likelihood="mse")
    with pytest.raises(InputError, match="weight must be above 0 nats a cell, got 0"):
        Perceptual(weight=0)
