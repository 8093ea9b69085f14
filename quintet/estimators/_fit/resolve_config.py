"""From the parameters of an estimator to what training takes: a plan, a seed, a number of latents."""

from __future__ import annotations

import math
import secrets
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from quintet.data.dataset import Rows
from quintet.estimators._fit.presets import preset_named
from quintet.estimators.nested_parameters import changed
from quintet.training import Training

VARIANCE, FEWEST = 0.8, 2
SAMPLE_ROWS, SAMPLE_CELLS = 2_000, 1_024


def plan_of(
    training: Any, preset: str, epochs: int | None, max_minutes: float | None, rows: int, context: str = "none"
) -> Training:
    """The training plan: the preset's, changed by ``training`` (a dict, or a whole plan), ``epochs``, ``max_minutes``.

    Where no epochs are given, they are the preset's: as many as it takes to make its least number of steps with this
    many rows; three times as many with a context decoder.
    """
    chosen = preset_named(preset)
    plan: Training = (
        training if isinstance(training, Training) else changed(Training(), {**chosen.training, **(training or {})})
    )
    if epochs is not None:
        plan = replace(plan, epochs=epochs)
    if max_minutes is not None:
        plan = replace(plan, max_minutes=max_minutes)
    if plan.epochs is None:
        few, many = chosen.epochs
        steps = chosen.steps if context == "none" else 3 * chosen.steps
        wanted = math.ceil(steps * plan.batch_size / rows)
        plan = replace(plan, epochs=min(max(few, wanted), many))
    return plan


def augmentation_of(training: Any) -> tuple[str, ...]:
    """The augmentation that the parameter ``training`` asks for."""
    plan = training if isinstance(training, Training) else changed(Training(), dict(training or {}))
    return plan.augmentation


def process_timeout_of(training: Any) -> float:
    """The parameter ``training``'s limit in seconds on the wait for another process."""
    plan = training if isinstance(training, Training) else changed(Training(), dict(training or {}))
    return plan.process_timeout


def plan_of_each_model(plan: Training, models: int) -> Training:
    """The plan of each of several models, which share the minutes."""
    return plan if plan.max_minutes is None else replace(plan, max_minutes=plan.max_minutes / models)


def seed_of(random_state: Any) -> int:
    """A seed from None (a fresh one), a whole number, a RandomState or a Generator (one draw from it)."""
    if random_state is None:
        return secrets.randbits(31)
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31))
    return int(random_state)


def latents_of(latent_dim: Any, rows: Rows, seed: int, preset: str = "fast") -> tuple[int, str]:
    """The number of latents and the sentence that says where it comes from."""
    if latent_dim == "auto":
        return _found(rows, seed, preset_named(preset).latents)
    return int(latent_dim), f"latent_dim={latent_dim}, as given"


def _found(rows: Rows, seed: int, most: int) -> tuple[int, str]:
    """As many latents as principal components that hold four fifths of the variance, within 2 and ``most``."""
    index = np.random.default_rng((seed, 3)).permutation(len(rows))[:SAMPLE_ROWS]
    batch = rows.batch(torch.from_numpy(np.sort(index)))
    cells, observed = batch.x.flatten(1).double(), batch.observed.flatten(1)
    if cells.shape[1] > SAMPLE_CELLS:
        kept = np.random.default_rng((seed, 4)).permutation(cells.shape[1])[:SAMPLE_CELLS]
        cells, observed = cells[:, kept], observed[:, kept]
    means = torch.where(observed, cells, 0).sum(0) / observed.sum(0).clamp(min=1)
    centred = torch.where(observed, cells - means, 0)
    variances = torch.linalg.svdvals(centred).square()
    total = float(variances.sum())
    needed = 1 if total <= 0 else 1 + int((variances.cumsum(0) < VARIANCE * total).sum())
    chosen = min(max(needed, FEWEST), most)
    why = f"{needed} principal components hold {VARIANCE:.0%} of the variance of {len(index)} rows"
    return chosen, f"latent_dim={chosen}: {why}; allowed to be chosen are {FEWEST} to {most}"
