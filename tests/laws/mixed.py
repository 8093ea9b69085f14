"""A small frame of columns of every type, the models that laws ask about its rows, and the legal values of a column."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from quintet import VAE, variants
from quintet.errors import QuintetWarning
from tests.laws.models import SMALL
from tests.shared import answering_in_haste, measured_on_few

ROWS, HELD = 300, 12
SIZES = ["small", "medium", "large"]
TINY: dict[str, Any] = {**SMALL, "epochs": 2, "latent_dim": 4, "network": {"kind": "mlp", "hidden": (16,)}}
WITH_CONTEXT = ("vae", "cvae", "rae")
FEW: dict[str, Any] = {"batch_rows": HELD}
QUESTIONS = ("generate", "denoise", "detect", "impute")
"""Those that rows of columns are asked; a table is compressed in ``tests/tasks/compress``."""


@cache
def _table() -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(0)
    n = ROWS + HELD
    group = rng.integers(0, 3, n)
    frame = pd.DataFrame(
        {
            "height": rng.normal(170 + 5 * group, 3).round(1),
            "income": np.exp(rng.normal(9 + group, 1)),
            "year": 1990 + 2 * rng.integers(0, 15, n),
            "visits": rng.poisson(1 + group),
            "town": np.array(["Ulm", "Bonn", "Kiel"])[group],
            "colour": rng.choice(list("abcdefg"), n),
            "size": pd.Categorical(np.array(SIZES)[rng.integers(0, 3, n)], categories=SIZES, ordered=True),
            "smoker": rng.random(n) < 0.2,
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 700, n), unit="D"),
            "wait": pd.to_timedelta(90 * rng.poisson(5 * (1 + group)), unit="s"),
        }
    )
    return frame.mask(rng.random(frame.shape) < 0.05), group


def table() -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    """The training rows of the frame, and a label of each."""
    frame, group = _table()
    return frame[:ROWS].copy(), group[:ROWS].copy()


def held() -> pd.DataFrame:
    """The rows that models are asked about."""
    return _table()[0][ROWS:].copy()


def labels(variant: str) -> np.ndarray[Any, Any] | None:
    """The condition of the training rows, if the variant has one."""
    return table()[1] if variants.get(variant).conditional else None


def hidden() -> np.ndarray[Any, Any]:
    """True where a cell of the held-out rows is hidden."""
    return np.random.default_rng(1).random(held().shape) < 0.4


def spoiled() -> pd.DataFrame:
    """The held-out rows with other legal values in the hidden cells."""
    return held().mask(hidden(), table()[0].ffill().bfill()[: len(held())].set_axis(held().index))


def small(variant: str, **options: Any) -> VAE:
    """An estimator that trains in a fraction of a second; some have a context decoder, which takes most of it."""
    return VAE(variant, **{**TINY, "context": "auto" if variant in WITH_CONTEXT else "none", **options})


def trained(variant: str, **options: Any) -> VAE:
    """... trained on the table."""
    with measured_on_few(), answering_in_haste():
        return small(variant, **options).fit(table()[0], labels(variant))


def ask(vae: VAE, question: str) -> dict[str, Any]:
    """What a model says of the held-out rows, by name: frames and arrays."""
    if question == "generate":
        return {"generate": vae.generate(20, random_state=3)}
    if question == "denoise":
        with warnings.catch_warnings():  # so short a training explains clean rows badly, and may say so
            warnings.filterwarnings("ignore", "The rows are noisy, but no single kind of noise", QuintetWarning)
            return {"denoise": vae.denoise(held(), noise="replacement", rate=0.3, **FEW)}
    if question == "detect":
        found = vae.detect(held())
        return {"scores": found.scores, "p_values": found.p_values}
    mean, (one, two) = vae.impute(held(), mask=hidden(), draws=2, return_mean=True, **FEW)
    return {"impute": mean, "draw 1": one, "draw 2": two}


def answers(vae: VAE) -> dict[str, Any]:
    """All that a model says of the held-out rows, by name."""
    refused = variants.get(vae.fitted_.options["variant"]).answers
    found = {name: t for question in QUESTIONS if question not in refused for name, t in ask(vae, question).items()}
    if vae.fitted_.model.has_posterior:
        found |= {"transform": vae.transform(held())}
        found |= {"log_prob": vae.log_prob(held(), draws=3, mask=hidden())}
    return found


def illegal(frame: pd.DataFrame) -> list[str]:
    """Columns of a frame that hold another type or a value that is none of the column, or a missing one."""
    train, wrong, frame = table()[0], list[str](), frame.infer_objects()
    for name in train.columns:
        column, known = frame[name], train[name].dropna()
        if column.isna().any() or str(column.dtype) not in (str(known.infer_objects().dtype), "int64", "bool"):
            wrong.append(f"{name}: {column.dtype}")
        elif name in ("town", "colour", "size", "smoker"):
            wrong += [f"{name}: {value}" for value in set(column) - set(known)]
        elif name == "day":
            wrong += [f"{name}: {value}" for value in column[column != column.dt.normalize()]]
        elif name == "wait":
            wrong += [f"{name}: {value}" for value in column[(column % pd.Timedelta("90s") > pd.Timedelta(0))]]
            wrong += [f"{name}: {value}" for value in column[column < pd.Timedelta(0)]]
        elif name == "height":
            wrong += [f"{name}: {value}" for value in column[column != column.round(1)]]
        elif name in ("year", "visits"):
            wrong += [f"{name}: {value}" for value in column[(column < 0) | (column % (1 + (name == "year")) != 0)]]
    return wrong
