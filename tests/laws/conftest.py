"""A small trained model of every variant in the folder, for the laws that all of them keep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
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
    return VAE(variant, **{**SMALL, **options})


def trained(variant: str, **options: Any) -> VAE:
    """... trained on the first digits."""
    X, y = digits()
    return small(variant, **options).fit(X[TRAIN], y[TRAIN])


@pytest.fixture(scope="session", params=variants.names())
def vae(request: pytest.FixtureRequest) -> VAE:
    """A trained model of one variant; every law is asked of each."""
    return trained(request.param)


@pytest.fixture(params=variants.names())
def variant(request: pytest.FixtureRequest) -> str:
    """A variant's name."""
    name: str = request.param
    return name
