"""Small trainings of which one process and several ought to end with the same weights."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from quintet import VAE, variants
from quintet.errors import QuintetWarning
from tests.laws.models import digits
from tests.shared import answering_in_haste, hardly_measured

PLAN: dict[str, Any] = {"batch_size": 16, "precision": "fp32", "ema": 0.9}
SMALL: dict[str, Any] = {
    "epochs": 2,
    "latent_dim": 3,
    "network": {"kind": "mlp", "hidden": (16,)},
    "calibration": 0.0,
    "training": PLAN,
    "device": "cpu",
    "verbose": False,
}
ROWS = 61
"""Three batches of 16 rows, and one of 13, which two processes cannot halve."""
OPTIONS: dict[str, dict[str, Any]] = {
    "clip": {"training": {**PLAN, "clip": 1.0, "accumulate": 2, "weight_decay": 0.01}},
    "norm": {"network": {"kind": "mlp", "hidden": (16,), "norm": "batch", "dropout": 0.3}},
    "conv": {"network": {"kind": "conv", "channels": 4, "norm": "batch", "dropout": 0.3}},
    "free": {"training": {**PLAN, "free_bits": 0.5, "kl_warmup": 0.5, "validation": 0.2, "patience": 1}},
    "shift": {"training": {**PLAN, "augmentation": ("shift",)}},
    "single": {"training": {**PLAN, "batch_size": 20}},  # and a batch of one row
}
"""Cases of ``vae``; every other case is a variant."""


def of_digits(name: str) -> VAE:
    """A variant, or ``vae`` with options, on images."""
    X, y = digits()
    options_of = variants.get("vae" if name in OPTIONS else name)
    y = y.astype(np.int64)
    if options_of.unlabelled is not None:
        y[::3] = options_of.unlabelled
    vae = VAE(options_of(**options_of.images_by), **{**SMALL, **OPTIONS.get(name, {})})
    return vae.fit(X[:ROWS], y[:ROWS])


def table(n: int = 90) -> Any:
    """Rows of numbers and levels, some of them missing."""
    import pandas as pd

    draw = np.random.default_rng(0)
    city = draw.choice(["Rome", "Milan", "Turin"], n)
    height = np.where(city == "Rome", 1.0, 2.0) + 0.1 * draw.normal(size=n)
    frame = pd.DataFrame({"city": city, "height": height, "weight": height * 3 + draw.normal(size=n)})
    return frame.mask(draw.random(frame.shape) < 0.1)


def trained(name: str) -> VAE:
    """The model of a case."""
    with hardly_measured(), answering_in_haste(), warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        if name == "table":
            return VAE(**{**SMALL, "calibration": 0.2}).fit(table())
        return of_digits(name)
