"""Denoising by a Gaussian field of neighbouring cells: clean rows, noise rates, and log evidence of a noise kind."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.distributions.noise_models.additive import AdditiveNormal
from quintet.distributions.noise_models.base import CellValues, NoiseModel
from quintet.distributions.noise_models.replacement import Replacing
from quintet.tasks.denoise.answer import DenoisedEstimate
from quintet.tasks.denoise.gaussian_field import Field, student_log_prob, with_border

ROUNDS = 8
"""EM iterations over the replaced cells and the rate."""
FIRST = (0.5, 0.05)
"""Initial shares of replaced cells, one EM run each."""
SPREADS = tuple(10 ** (k / 6) for k in range(-15, 37))
"""Candidate standard deviations of additive noise, in root mean variances of the field."""
ENOUGH = 22
"""Fewest candidates tried; the search continues while the widest is best for some row."""


def denoise_by_neighbours(field: Field, model: NoiseModel, batch: Batch, rate: float | None) -> DenoisedEstimate:
    """Denoise a batch under a noise model; the rate is estimated if none is given."""
    field = field.to(batch.x.device)
    if isinstance(model, AdditiveNormal):
        return _additive(field, model, batch, rate)
    if isinstance(model, Replacing):
        return _replacement(field, model, batch, rate)
    return _without_noise(field, batch)


def _without_noise(field: Field, batch: Batch) -> DenoisedEstimate:
    x, there = batch.x, batch.observed
    found, variance = _filled(field, batch)
    seen = torch.where(there, x, found)
    expected = field.predicted(seen, field.kernel(0.0)[0]) if field.radius else found
    residual, trust = seen - expected, there.to(x.dtype)
    log_prob = field.log_prob(residual, field.scale(residual, trust, variance))
    return DenoisedEstimate(seen, x.new_zeros(len(x)), _total(log_prob, there))


def _filled(field: Field, batch: Batch) -> tuple[Tensor, Tensor]:
    """Prediction of each cell from the observed cells, and its variance, (n, *row) each."""
    start = _median(batch.x, batch.observed, field) if field.radius else batch.x
    return field.smoothed(batch.x, batch.observed.to(batch.x.dtype), start, field.kernel(0.0))


def _replacement(field: Field, model: Replacing, batch: Batch, rate: float | None) -> DenoisedEstimate:
    """EM over the replaced cells from each initial share of ``FIRST``; each row takes the run of larger evidence."""
    found = [_replacement_em(field, model, batch, rate, first) for first in FIRST]
    best = found[0]
    for other in found[1:]:
        wins = other.evidence > best.evidence
        wide = wins.reshape(-1, *[1] * (batch.x.ndim - 1))
        best = DenoisedEstimate(
            torch.where(wide, other.x, best.x),
            torch.where(wins, other.rate, best.rate),
            torch.maximum(other.evidence, best.evidence),
        )
    return best


def _replacement_em(field: Field, model: Replacing, batch: Batch, rate: float | None, first: float) -> DenoisedEstimate:
    x, there = batch.x, batch.observed
    known, log_noise, kernel = there.to(x.dtype), model.log_noise(x), field.kernel(0.0)
    share = x.new_full((len(x),), first if rate is None else rate)
    if field.radius:
        found, variance = _median(x, there, field), field.like_cells(kernel[1]).expand_as(x)
    else:
        found, variance = field.smoothed(x, known * (1 - first), x, kernel)
    trust = known
    for _ in range(ROUNDS):
        residual = x - found
        log_prob = field.log_prob(residual, field.scale(residual, trust, variance))
        odds = model.per_row(share, x)[0]
        untouched, replaced = torch.log1p(-odds) + log_prob, odds.log() + log_noise
        trust = torch.where(there, torch.sigmoid(untouched - replaced), 0.0)
        if rate is None:
            doubt = torch.where(there, 1 - trust, 0.0).flatten(1).sum(1)
            share = ((doubt + 0.5 * share) / (there.flatten(1).sum(1) + 0.5)).clamp(1e-5, 0.999)
        evidence = _total(torch.logaddexp(untouched, replaced), there)
        found, variance = field.smoothed(x, trust, found, kernel)
    return DenoisedEstimate(trust * x + (1 - trust) * found, share, evidence)


def _median(x: Tensor, there: Tensor, field: Field) -> Tensor:
    """Median of the observed cells among the eight neighbours of each cell, (n, *row)."""
    seen = with_border(x.masked_fill(~there, torch.nan), 1).unfold(2, 3, 1).unfold(3, 3, 1).flatten(4)
    found = seen[..., [0, 1, 2, 3, 5, 6, 7, 8]].nanmedian(-1).values
    return torch.where(found.isnan(), field.like_cells(field.mean), found)


def _additive(field: Field, model: AdditiveNormal, batch: Batch, rate: float | None) -> DenoisedEstimate:
    x, there = batch.x, batch.observed
    seen = x if bool(there.all()) else torch.where(there, x, _filled(field, batch)[0])
    size = float(field.spread.square().mean().sqrt().clamp(min=1e-6))
    spreads = [size * spread for spread in SPREADS]
    if rate is not None and not field.radius:
        spreads = [rate * model.unit]
    best: dict[str, Tensor] = {}
    for number, spread in enumerate(spreads):
        tried = _at_spread(field, model.cells, seen, there, spread)
        wins = tried["evidence"] > best["evidence"] if best else torch.ones(len(x), dtype=torch.bool, device=x.device)
        if best and number >= ENOUGH and not bool(wins.any()):
            break
        best = {
            key: torch.where(wins.reshape(-1, *[1] * (t.ndim - 1)), t, best.get(key, t)) for key, t in tried.items()
        }
    wide = best["spread"] if rate is None else torch.full_like(best["spread"], rate * model.unit)
    noise = wide.square().reshape(-1, *[1] * (x.ndim - 1))
    left = (best["variance"] - noise).clamp(min=0.0).maximum(best["least"])
    share = left / (left + noise)
    clean = torch.where(there, share * x + (1 - share) * best["mean"], best["mean"])
    return DenoisedEstimate(clean, wide / model.unit, best["evidence"])


def _at_spread(field: Field, cells: CellValues, x: Tensor, there: Tensor, spread: float) -> dict[str, Tensor]:
    """Predictions, their variance and the log evidence of each row at one standard deviation of the noise."""
    weight, left = field.kernel(spread**2)
    mean = field.predicted(x, weight)
    residual, trust = torch.where(there, x - mean, 0.0), there.to(x.dtype)
    expected = (field.like_cells(left) + spread**2).expand_as(x)
    size = _row_mean(residual.square() / expected, there) if field.radius else x.new_ones(len(x))
    wide = size.reshape(-1, *[1] * (x.ndim - 1))
    evidence = _total(_log_normal(x, mean, (wide * expected).sqrt(), cells), there)
    if field.radius:
        variance = math.pi / 2 * field.activity(residual, trust).square()
        local = _log_normal(x, mean, variance.sqrt(), cells)
        evidence = torch.maximum(evidence, _total(local, there))
    else:
        own, freedom = field.like_cells(field.tail[:, 0]), field.like_cells(field.tail[:, 2])
        scale = (own.square() * field.like_cells(left) + spread**2).sqrt()
        heavy = student_log_prob(residual, scale, freedom)
        evidence = torch.maximum(evidence, _total(heavy, there))
        variance = expected
    return {
        "mean": mean,
        "variance": variance,
        "least": (0.25 if field.radius else 1.0) * wide * field.like_cells(left).expand_as(x),
        "spread": spread * size.sqrt(),
        "evidence": evidence,
    }


def _log_normal(x: Tensor, mean: Tensor, spread: Tensor, cells: CellValues) -> Tensor:
    """Normal log density of each cell; for integer cells the log mass, with clipped tails at both ends of the range."""
    spread = spread.clamp(min=0.25 * cells.step)
    if not cells.whole:
        return -0.5 * ((x - mean) / spread).square() - (spread * math.sqrt(2 * math.pi)).log()
    upper = torch.special.ndtr((x + 0.5 - mean) / spread)
    upper = upper if cells.open else upper.masked_fill(x > cells.high - 0.5, 1.0)
    lower = torch.special.ndtr((x - 0.5 - mean) / spread).masked_fill(x < cells.low + 0.5, 0.0)
    log_prob: Tensor = (upper - lower).clamp(min=1e-12).log()
    return log_prob


def _total(log_prob: Tensor, there: Tensor) -> Tensor:
    return torch.where(there, log_prob, 0.0).flatten(1).sum(1)


def _row_mean(value: Tensor, there: Tensor) -> Tensor:
    return _total(value, there) / there.flatten(1).sum(1).clamp(min=1)
