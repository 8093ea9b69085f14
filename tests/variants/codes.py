"""Codes of the embedded digits under a small fit, and plain figures of them that no objective computes."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.models.variant import Variant
from quintet.noise import Noise
from tests.shared import unmeasured

Array = np.ndarray[Any, Any]
DIGITS = load_digits().images.astype(np.uint8)[:1000]
LATENTS = 6


def fitted(variant: str | Variant, **options: Any) -> VAE:
    """A fit of a second or two."""
    plan = {"batch_size": 128, "kl_warmup": 0.3, "learning_rate": 2e-3}
    settings = {"latent_dim": LATENTS, "epochs": 30, "network": {"kind": "mlp", "hidden": (64,)}, "training": plan}
    with unmeasured():
        return VAE(variant, **{**settings, **options}).fit(DIGITS)


@cache
def plain() -> VAE:
    """What the others are measured beside."""
    return fitted("vae")


def drawn(vae: VAE) -> Array:
    """One draw of q(z|x) for each row: a sample of the aggregate posterior, (rows, latents)."""
    model, batch = vae.fitted_.model, Rows.of(DIGITS, vae.schema_).batch(slice(None))
    with torch.no_grad():
        z: Array = model.posterior(batch.x, batch.observed).sample(Noise(7))[0].double().numpy()
    return z


def gaussian_total_correlation(z: Array) -> float:
    """Total correlation in nats of the normal fitted to the codes: -½ log det of their correlation matrix."""
    return float(-0.5 * np.linalg.slogdet(np.corrcoef(z.T))[1])
