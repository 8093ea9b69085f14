"""Estimators that train in about a second, and their query rows."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from quintet import VAE, variants
from quintet.errors import QuintetWarning
from tests.shared import answering_in_haste, measured_on_few

SMALL: dict[str, Any] = {"epochs": 4, "latent_dim": 6, "network": {"kind": "mlp", "hidden": (32,)}}
TRAIN, HELD = slice(0, 160), slice(600, 624)
CLASSES = 4
"""Labels, each of several digits: a model conditional on them is tested under each of them in turn."""
FEW: dict[str, Any] = {"batch_rows": 16}
"""Rows that ``denoise`` and ``impute`` answer at a time: ``HELD`` is two chunks of them, the second half padding."""


@cache
def _digits() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    data = load_digits()
    return data.images.astype(np.uint8), data.target % CLASSES


def digits() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """(1797, 8, 8) uint8 of 0..16, and the labels; arrays of one's own."""
    X, y = _digits()
    return X.copy(), y.copy()


def small(variant: str, **options: Any) -> VAE:
    """An estimator that trains in about a second."""
    options_of = variants.get(variant)
    return VAE(options_of(**options_of.images_by), **{**SMALL, **options})


def trained(variant: str, **options: Any) -> VAE:
    """... trained on the first digits."""
    X, y = digits()
    with measured_on_few(), answering_in_haste():
        return small(variant, **options).fit(X[TRAIN], y[TRAIN])


def weights_of(variant: str, **options: Any) -> VAE:
    """An estimator whose weights are looked at, and no answer: nothing is held out and measured after training."""
    return small(variant, calibration=0.0, **options)


QUESTIONS = ("generate", "compress", "denoise", "detect", "impute")


def ask(vae: VAE, question: str) -> dict[str, Any]:
    """What a model says of the held-out rows, by name; cells are missing where ``hidden`` says."""
    X = digits()[0][HELD]
    if question == "generate":
        return {"generate": vae.generate(5, random_state=3)}
    if question == "compress":
        return {"compress": np.frombuffer(vae.compress(X), np.uint8)}
    if question == "denoise":
        with warnings.catch_warnings():  # so short a training explains clean rows badly, and may say so
            warnings.filterwarnings("ignore", "The rows are noisy, but no single kind of noise", QuintetWarning)
            return {"denoise": vae.denoise(X, **FEW)}
    if question == "detect":
        found = vae.detect(X)
        return {"scores": found.scores, "p_values": found.p_values}
    mean, drawn = vae.impute(X, mask=hidden(), draws=2, return_mean=True, **FEW)
    return {"impute": mean, "draws": drawn.swapaxes(0, 1)}


def answers(vae: VAE) -> dict[str, Any]:
    """All that a model says of the held-out rows, by name."""
    X, refused = digits()[0][HELD], variants.get(vae.fitted_.options["variant"]).answers
    found = {name: t for question in QUESTIONS if question not in refused for name, t in ask(vae, question).items()}
    if vae.fitted_.model.has_posterior:
        found |= {"transform": vae.transform(X), "log_prob": vae.log_prob(X, draws=5)}
        found |= {"log_prob of the rest": vae.log_prob(X, draws=5, mask=hidden())}
    return found


def hidden() -> np.ndarray[Any, Any]:
    """True where a cell of the held-out rows is missing: scattered ones, and in every third row the lower half."""
    mask = np.random.default_rng(1).random((HELD.stop - HELD.start, 8, 8)) < 0.4
    mask[::3] = np.arange(8)[:, None] >= 4
    return mask
