"""Denoising by the model: E[x | x̃] over p(z | x̃), the noise rate, and the log evidence of a noise kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.distributions import Distribution, RowMixture
from quintet.distributions.joint import point_estimate
from quintet.distributions.noise_models.base import NoiseModel
from quintet.distributions.noise_models.replacement import Replacing
from quintet.inference.copula import forecast, forecast_from_neighbours
from quintet.inference.importance import Effort, WeightedDraws, conditions_for, log_weight_of, weighted_draws
from quintet.inference.starting_latents import Corrupted, best_start
from quintet.models.fitted import Fitted
from quintet.noise import Noise
from quintet.tasks.denoise.by_context import denoise_by_context, evidence_by_context

FIRST_RATE = {"replacement": 0.2, "salt_pepper": 0.2, "masking": 0.2, "normal": 0.15, "none": 0.0}
"""Initial rate of the search for an unknown rate."""
ROUNDS = 3
"""EM iterations over corruption and z before the gradient steps."""
NEIGHBOUR_ROUNDS = 2
"""EM iterations over corruption and the neighbours' residuals after the gradient steps."""
DRAWS = 8
"""Draws of z for the evidence."""


def denoise_by_model(
    fitted: Fitted, model: NoiseModel, batch: Batch, rate: float | None, effort: Effort, seed: int
) -> tuple[Tensor, Tensor]:
    """E[x | x̃], (batch, *row), and the noise rate of each row, (batch,)."""
    if fitted.model.has_context:
        return denoise_by_context(fitted, model, batch, rate, FIRST_RATE[model.name])
    search = _PosteriorSearch(fitted, model, batch, rate)

    def seen(clean: Distribution) -> Tensor:
        return search.rows.seen(clean, search.rate)

    parts = weighted_draws(fitted, search, seen, seen, batch.condition, len(batch.x), effort, (seed, 4))
    if fitted.artifacts.copula is not None and isinstance(model, Replacing):
        return _with_neighbours(fitted, model, batch, parts, search.rate, rate is None)
    return _clean(fitted, model, batch, parts, search.rate), search.rate


def log_evidence(fitted: Fitted, models: Sequence[NoiseModel], batch: Batch, seed: int) -> Tensor:
    """Log evidence of each row for each kind of noise at its estimated rate, (batch, kinds) in nats: an
    importance-sampled bound on log p(x̃), or a pseudo-likelihood by a context decoder."""
    if fitted.model.has_context:
        return evidence_by_context(fitted, models, batch, [FIRST_RATE[model.name] for model in models])
    return torch.stack([_sampled_evidence(fitted, model, batch, seed) for model in models], 1)


def _sampled_evidence(fitted: Fitted, model: NoiseModel, batch: Batch, seed: int) -> Tensor:
    search = _PosteriorSearch(fitted, model, batch, None)
    best = torch.full((len(batch.x),), -torch.inf, dtype=torch.float32).to(batch.x)
    for c, log_weight in conditions_for(fitted, batch.condition, len(batch.x)):
        q = search(c)
        z = q.sample(Noise((seed, 5), draws=DRAWS, shared=True, device=fitted.device))
        seen = search.rows.seen(fitted.model.decode(z, c), search.rate)
        log_w = log_weight_of(fitted, seen, z, c, q.log_prob(z).sum(-1))
        best = torch.maximum(best, log_w.logsumexp(0) - math.log(DRAWS) + log_weight)
    return best


class _PosteriorSearch:
    """condition -> r(z | x̃, trust) by EM over corruption and z; ``rate`` is that of the last call."""

    def __init__(self, fitted: Fitted, model: NoiseModel, batch: Batch, rate: float | None) -> None:
        self.fitted = fitted
        first = FIRST_RATE[model.name] if rate is None else rate
        self.rows = Corrupted(model, batch.x, batch.observed, None, first, rate is None)
        self.rate = torch.full((len(batch.x),), first, dtype=torch.float32).to(batch.x)

    def __call__(self, condition: Tensor | None) -> RowMixture:
        guided, rate = guided_posterior(self.fitted, self.rows, condition)
        found, self.rate = best_start(self.fitted, replace(self.rows, condition=condition), guided, rate)
        return found


def guided_posterior(fitted: Fitted, rows: Corrupted, condition: Tensor | None) -> tuple[RowMixture, Tensor]:
    """r(z | x̃, trust) by EM over corruption and z, and the noise rate of each row, (batch,)."""
    assert fitted.guide is not None
    x, observed = rows.x, rows.observed
    rate = torch.full_like(x.flatten(1)[:, 0], rows.rate)
    trust = torch.ones_like(x) * (1 - rate).clamp(min=0.0).reshape(-1, *[1] * (x.ndim - 1))
    for _ in range(ROUNDS):
        q = fitted.guide.posterior(x, trust * observed, condition)
        clean = fitted.model.decode(q.peak.loc, condition)
        rate = rows.improved(clean, rate)
        trust = rows.noise.untouched(x, clean, rate)[0]
    return fitted.guide.posterior(x, trust * observed, condition), rate


def _clean(fitted: Fitted, model: NoiseModel, batch: Batch, parts: list[WeightedDraws], rate: Tensor) -> Tensor:
    """Σ weight · E[x | x̃, z], (batch, *row), one draw at a time; E[x|z] in missing cells; of levels the most probable
    code."""
    return point_estimate(
        (model.restored(batch.x, clean, rate, batch.observed), weight)
        for part in parts
        for clean, weight in part.decoded(fitted.model)
    )


def _with_neighbours(
    fitted: Fitted, model: Replacing, batch: Batch, parts: list[WeightedDraws], rate: Tensor, find: bool
) -> tuple[Tensor, Tensor]:
    """E[x | x̃] with neighbours' residuals, and the rates, by EM: the E-step computes trust in each cell, the M-step
    forecasts each cell from the trusted ones."""
    x, there = batch.x.flatten(1), batch.observed.flatten(1)
    seen, log_noise = forecast(fitted, parts, batch.x), model.log_noise(batch.x).flatten(1)

    def trust_of(log_prob: Tensor) -> Tensor:
        share = rate.clamp(1e-6, 1 - 1e-6)[:, None]
        return torch.where(there, torch.sigmoid(torch.log1p(-share) + log_prob - share.log() - log_noise), 0.0)

    trust = trust_of(seen.log_prob)
    around = forecast_from_neighbours(fitted, seen, trust)
    for _ in range(NEIGHBOUR_ROUNDS):
        trust = trust_of(around.log_prob(seen))
        if find:
            doubt = torch.where(there, 1 - trust, 0.0).sum(1)
            rate = ((doubt + 0.5 * rate) / (there.to(x.dtype).sum(1) + 0.5)).clamp(1e-5, 0.999)
        around = forecast_from_neighbours(fitted, seen, trust)
    clean = trust * x + (1 - trust) * around.expected(seen)
    return clean.reshape(batch.x.shape), rate
