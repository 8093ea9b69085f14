"""Denoised images refined by similar patches, see ``inference/similar_patches.py``."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.distributions.noise_models.additive import AdditiveNormal
from quintet.distributions.noise_models.base import NoiseModel
from quintet.inference.patch_refinement import refine
from quintet.inference.similar_patches import KNOWN, LEVELS, MISSING
from quintet.models.fitted import Fitted
from quintet.models.partial_encoder_corruption import span
from quintet.tasks.denoise.combination_weights import TRIED, rates_of

TOUCHED = 0.02
"""Change of a cell, as a share of the cells' range, from which it counts as replaced."""


def refined_by_patches(fitted: Fitted, model: NoiseModel, batch: Batch, estimate: Tensor, rates: Tensor) -> Tensor:
    """Clean rows, (n, *row), after as many rounds as the trial chose at the nearer of its two rates; rates (n,)."""
    trial = fitted.artifacts.denoising_trial
    if trial is None or trial.rounds is None:
        return estimate
    kind = model.name if model.name in TRIED else "replacement"
    few, many = trial.rounds[list(TRIED).index(kind)].tolist()
    low, high = rates_of(fitted.schema, kind)
    rounds = torch.where(rates.cpu() * 2 < low + high, few, many)
    variance = variance_of_noise(fitted.schema, model, batch, estimate, rates)
    return refine(fitted.schema, batch.x, estimate, variance, rounds)


def variance_of_noise(schema: Schema, model: NoiseModel, batch: Batch, estimate: Tensor, rates: Tensor) -> Tensor:
    """The variance of each cell, (n, *row): of normal noise that of its rate; where cells are replaced, those that the
    estimate changed are missing."""
    low, high = span(schema)
    unit = (high - low) / LEVELS
    if isinstance(model, AdditiveNormal):
        spread = model.spread(rates, batch.x)[0] / unit
        variance = spread.square().clamp(KNOWN + 1e-3, MISSING).expand_as(batch.x)
    else:
        touched = (estimate - batch.x).abs() > TOUCHED * (high - low)
        variance = torch.where(touched, MISSING, KNOWN).to(batch.x)
    return torch.where(batch.observed, variance, MISSING)
