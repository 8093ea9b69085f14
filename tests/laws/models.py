"""Estimators that train in about a second, and the rows that they are asked about."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from quintet import VAE, variants

SMALL: dict[str, Any] = {"epochs": 4, "latent_dim": 6, "network": {"kind": "mlp", "hidden": (32,)}}
TRAIN, HELD = slice(0, 600), slice(600, 640)


def digits() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """(1797, 8, 8) uint8 of 0..16, and the labels."""
    data = load_digits()
    return data.images.astype(np.uint8), data.target


def small(variant: str, **options: Any) -> VAE:
    """An estimator that trains in about a second."""
    options_of = variants.get(variant)
    return VAE(options_of(**options_of.images_by), **{**SMALL, **options})


def trained(variant: str, **options: Any) -> VAE:
    """... trained on the first digits."""
    X, y = digits()
    return small(variant, **options).fit(X[TRAIN], y[TRAIN])
