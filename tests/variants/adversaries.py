"""Small fits of the adversarial variants, and how far two sets of rows are apart."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.models.recipe import LossOutput, Recipe, StepContext
from quintet.models.variant import Variant
from quintet.networks import Mlp
from quintet.noise import Noise
from tests.shared import unmeasured

DIGITS = load_digits().images.astype(np.uint8)[:768]


@cache
def trained(variant: Variant, epochs: int = 36, batch_size: int = 192, learning_rate: float = 3e-3) -> VAE:
    """A fit of a second or two."""
    plan = {"batch_size": batch_size, "learning_rate": learning_rate}
    network = {"kind": "mlp", "hidden": (64,)}
    sizes = {"latent_dim": 8, "network": network, "calibration": 0.0}
    with unmeasured():
        return VAE(variant, epochs=epochs, training=plan, random_state=0, **sizes).fit(DIGITS)


def untrained(variant: Variant, X: np.ndarray = DIGITS[:20], kind: str = "auto") -> tuple[Recipe, list[LossOutput]]:
    """A small recipe, and what its first stage's players would pay for one batch before any training."""
    schema = Schema.infer(X, kind=kind)
    batch = Rows.of(X, schema).batch(slice(None))
    torch.manual_seed(0)
    recipe = variant.build(schema, 4, Mlp((8,)))
    return recipe, [group.loss(batch, Noise(0), StepContext()) for group in recipe.stages[0].groups]


def frechet(rows: np.ndarray, others: np.ndarray) -> float:
    """Fréchet distance of the normals fitted to two sets of rows, in squared cells (Dowson and Landau, 1982)."""
    a, b = (part.reshape(len(part), -1).astype(float) for part in (rows, others))
    one, two = np.cov(a.T), np.cov(b.T)
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    overlap = np.sqrt(np.linalg.eigvalsh(root @ two @ root).clip(0)).sum()
    return float(np.square(a.mean(0) - b.mean(0)).sum() + np.trace(one + two) - 2 * overlap)
