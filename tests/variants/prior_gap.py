"""How far the held-out digits' posteriors are from the prior, for the variants that learn it."""

from __future__ import annotations

from functools import cache

import numpy as np
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.estimators._input.user_rows import rows_of
from quintet.evaluate.aggregate import aggregate_gap
from quintet.models.variant import Variant
from tests.shared import unmeasured

SPLIT = 1000


@cache
def digits() -> np.ndarray:
    """(1797, 8, 8) uint8."""
    return load_digits().images.astype(np.uint8)


@cache
def trained(variant: Variant) -> VAE:
    """Two latents, some seconds of training."""
    network = {"kind": "mlp", "hidden": (64,)}
    with unmeasured():
        return VAE(variant, latent_dim=2, epochs=100, network=network, random_state=0).fit(digits()[:SPLIT])


@cache
def gap(variant: Variant) -> float:
    """KL of the aggregated posterior of the held-out digits to the prior, nats."""
    vae = trained(variant)
    return aggregate_gap(vae.fitted_, rows_of(vae, digits()[SPLIT:], vae.schema_)[0])
