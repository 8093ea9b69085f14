"""Small fits of the adversarial variants, and how far two sets of rows are apart."""

from __future__ import annotations

from functools import cache

import numpy as np
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.model.variant import Variant

DIGITS = load_digits().images.astype(np.uint8)[:768]


@cache
def trained(variant: Variant, epochs: int = 40, latent_dim: int = 8) -> VAE:
    """A fit of a few seconds."""
    plan = {"batch_size": 128, "learning_rate": 2e-3}
    network = {"kind": "mlp", "hidden": (64,)}
    fresh = VAE(variant, latent_dim=latent_dim, epochs=epochs, network=network, training=plan, random_state=0)
    return fresh.fit(DIGITS)


def frechet(rows: np.ndarray, others: np.ndarray) -> float:
    """Fréchet distance of the normals fitted to two sets of rows, in squared cells (Dowson and Landau, 1982)."""
    a, b = (part.reshape(len(part), -1).astype(float) for part in (rows, others))
    one, two = np.cov(a.T), np.cov(b.T)
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    overlap = np.sqrt(np.linalg.eigvalsh(root @ two @ root).clip(0)).sum()
    return float(np.square(a.mean(0) - b.mean(0)).sum() + np.trace(one + two) - 2 * overlap)
