"""Combination of three estimates of clean rows: the model's, the Gaussian field's and the noisy row itself."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.distributions.noise_models.base import NoiseModel
from quintet.distributions.noise_models.choose import NONE
from quintet.inference.importance import Effort
from quintet.inference.patch_refinement import refine_missing
from quintet.models.fitted import Fitted
from quintet.tasks.denoise import by_model, by_neighbouring_cells
from quintet.tasks.denoise.by_similar_patches import refined_by_patches
from quintet.tasks.denoise.combination_weights import CombinationWeights
from quintet.tasks.denoise.gaussian_field import Field


def combined_estimate(
    fitted: Fitted, model: NoiseModel, batch: Batch, rate: float | None, effort: Effort, seed: int
) -> tuple[Tensor, Tensor]:
    """Clean rows (n, *row) and noise rates (n,). Without noise, observed cells are returned unchanged."""
    nothing = torch.zeros(len(batch.x), dtype=torch.float32).to(batch.x)
    if model.name == NONE and bool(batch.observed.all()):
        return batch.x, nothing
    field = Field.read(fitted.artifacts.gaussian_field, fitted.schema)
    shares = CombinationWeights.read(fitted.artifacts.denoising_trial, fitted.schema, model.name)
    if model.name == NONE or field is None or not shares.field:
        x, rates = by_model.denoise_by_model(fitted, model, batch, rate, effort, seed)
        if model.name == NONE:
            return refine_missing(fitted, batch, torch.where(batch.observed, batch.x, x)), nothing
        weight = shares.at(rates)
        mixed = x
    else:
        around = by_neighbouring_cells.denoise_by_neighbours(field, model, batch, rate)
        x, rates = around.x, around.rate
        if shares.model:
            x, rates = by_model.denoise_by_model(fitted, model, batch, rate, effort, seed)
        weight = shares.at(rates)
        both = (weight[:, 0] + weight[:, 1]).clamp(min=1e-6)
        mixed = torch.lerp(x, around.x, per_row(weight[:, 1] / both, x))
        rates = torch.where(weight[:, 1] > weight[:, 0], around.rate, rates)
    found = torch.where(batch.observed, torch.lerp(mixed, batch.x, per_row(weight[:, 2], x)), mixed)
    return refined_by_patches(fitted, model, batch, found, rates), rates


def per_row(value: Tensor, x: Tensor) -> Tensor:
    """Reshape (n,) to broadcast against x, (n, *row)."""
    return value.reshape(-1, *[1] * (x.ndim - 1))
