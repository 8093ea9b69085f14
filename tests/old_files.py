"""Files of version 0.1, their query rows and their answers."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_wine

from quintet import VAE, load
from quintet.errors import QuintetWarning

FOLDER = Path(__file__).parent / "data" / "old"
NAMES = {"table": "v2", "conditional": "v2", "first": "v1"}
"""Model and the version of its compressed file. ``table``: a ladder of wine's first six columns with missing cells;
``conditional``: a ``cvae`` of the same with labels; ``first``: a ``vae`` of binary 2x4 images, from the first weeks."""


def rows() -> dict[str, np.ndarray[Any, Any]]:
    """Twenty rows for each model that did not train it."""
    wine = load_wine().data.copy()
    wine[np.random.default_rng(0).random(wine.shape) < 0.1] = np.nan
    table = np.round(wine[:, :6], 1)
    binary = (np.nan_to_num(wine, nan=0) > np.nanmean(wine, 0)).astype(np.uint8)[:, :8].reshape(-1, 2, 4)
    order = np.random.default_rng(1).permutation(len(wine))
    return {"table": table[120:140], "conditional": table[order[120:140]], "first": binary[120:140]}


def loaded(name: str) -> VAE:
    """The model of a file."""
    found: VAE = load(FOLDER / f"{name}.safetensors")
    return found


def answers(name: str) -> dict[str, np.ndarray[Any, Any]]:
    """What a file's model says of its rows."""
    vae, X = loaded(name), rows()[name]
    mask = np.random.default_rng(2).random(X.shape) < 0.3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        found = vae.detect(X)
        mean, draws = vae.impute(X, mask=mask, draws=2, return_mean=True)
        return {
            "transform": vae.transform(X),
            "log_prob": vae.log_prob(X, draws=4),
            "scores": found.scores,
            "p_values": found.p_values,
            "impute": mean,
            "draws": draws,
            "denoise": vae.denoise(X) if name == "first" else vae.denoise(X, noise="normal", rate=0.2),
            "generate": vae.generate(4, random_state=1),
        }


def arithmetic() -> np.ndarray[Any, Any]:
    """Sums, products and exponentials whose last bits differ from one kind of processor to another."""
    x = torch.linspace(-3, 3, 96 * 64, dtype=torch.float32).reshape(96, 64)
    return torch.cat(
        [(x @ x.T).flatten(), x.exp().flatten(), torch.tanh(x).sum(0), x.double().log1p().nan_to_num().sum(1)]
    ).numpy()


def write() -> None:
    """``answers.npz``, by the version that is here."""
    found = {f"{name}.{key}": value for name in NAMES for key, value in answers(name).items()}
    np.savez_compressed(FOLDER / "answers.npz", arithmetic=arithmetic(), **found)
