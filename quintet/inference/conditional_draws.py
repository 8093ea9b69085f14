"""Draws of missing cells: z by weight, then x from p(x|z), with residuals correlated by the copula."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.artifacts.missing_cells import Copula
from quintet.data.dataset import Batch
from quintet.distributions import Distribution
from quintet.inference.constraints.constrained_cells import constrained
from quintet.inference.constraints.row_constraints import row_constraints
from quintet.inference.context_posterior import uses_latents
from quintet.inference.copula import RIDGE, Forecast, active
from quintet.inference.importance import WeightedDraws
from quintet.inference.normal_scores import soft_score
from quintet.inference.quantiles import attainable, bisected, upper_end
from quintet.models.context.model import ContextModel
from quintet.models.fitted import Fitted
from quintet.noise import RowNoise


def conditional_draws(
    fitted: Fitted, parts: list[WeightedDraws], seen: Forecast, batch: Batch, draws: int, seed: int, start: int
) -> Tensor:
    """Draws of x from p(missing | observed), (batch, draws, *row); the caller overwrites observed cells."""
    size, shape = len(batch.x), batch.x.shape[1:]
    out = torch.zeros(size, draws, *shape, device=batch.x.device, dtype=torch.float32)
    copula, laws = fitted.artifacts.copula, row_constraints(fitted.schema, fitted.device)
    for draw, (z, condition) in enumerate(_picked(fitted, parts, size, draws, seed, start)):
        noise = RowNoise((seed, 25, draw), start, device=fitted.device)
        if isinstance(fitted.model, ContextModel):
            visible = batch.observed.to(batch.x.dtype)[None]
            latents = z if uses_latents(fitted) else None
            chain = fitted.model.decode(latents, condition, batch.x[None], visible)
            out[:, draw] = constrained(chain, laws).sample(noise)[0]
            continue
        clean = fitted.model.decode(z, condition)
        if copula is None:
            out[:, draw] = clean.sample(noise)[0]
            continue
        score = _scores(fitted, copula, clean, seen, batch, noise)
        out[:, draw] = quantile(fitted, clean, torch.special.ndtr(score).reshape(1, *batch.x.shape))[0]
    return out


def quantile(fitted: Fitted, clean: Distribution, share: Tensor) -> Tensor:
    """The smallest valid x with P(X <= x) >= share, by bisection, (1, batch, *row)."""
    schema = fitted.schema
    share = attainable(schema, share)
    low = torch.full_like(share, -1.0 if schema.is_whole else 0.0)
    return bisected(schema, clean.cdf, share, low, upper_end(schema, clean.cdf, share), steps=20)


def _scores(
    fitted: Fitted, copula: Copula, clean: Distribution, seen: Forecast, batch: Batch, noise: RowNoise
) -> Tensor:
    """Normal scores of all cells given those of observed cells, (batch, cells), by Matheron's rule."""
    x, there = batch.x, batch.observed.flatten(1)
    high = clean.cdf(x).flatten(2)[0]
    low = clean.cdf(x - 1).flatten(2)[0] if fitted.schema.is_whole else high
    known = soft_score(low, high)
    covariance = copula.covariance.to(known)
    score, inner, fresh = (noise.normal(len(x), known.shape[1])[0] for _ in range(3))
    for row, at in enumerate(active(seen)):
        prior = covariance[at][:, at]
        own, see = prior.diagonal(), there[row, at]
        jitter = 1e-4 * torch.eye(len(at), dtype=prior.dtype, device=prior.device)
        soft = torch.linalg.cholesky(prior + jitter) @ inner[row, at]
        if see.any():
            gap = (known[row, at] - soft - RIDGE**0.5 * fresh[row, at])[see]
            tied = prior[see][:, see]
            tied.diagonal().add_(RIDGE)
            soft = soft + prior[:, see] @ torch.cholesky_solve(gap[:, None], torch.linalg.cholesky(tied))[:, 0]
        score[row, at] = soft + (1 - own).clamp(min=0.0).sqrt() * score[row, at]
    return score


def _picked(
    fitted: Fitted, parts: list[WeightedDraws], size: int, draws: int, seed: int, start: int
) -> list[tuple[Tensor, Tensor | None]]:
    """For each draw a z (1, batch, latent_dim) and its condition, selected by weight for each row."""
    weights = torch.cat([part.weight for part in parts])
    steps = weights.cumsum(0).T.contiguous()
    u = RowNoise((seed, 24), start, max(draws, 1), fitted.device).uniform(size)
    index = torch.searchsorted(steps, (u.T * steps[:, -1:]).contiguous()).clamp(max=len(weights) - 1)
    owner = torch.cat([torch.full((len(part.z),), i) for i, part in enumerate(parts)]).to(index.device)
    every, row = torch.cat([part.z for part in parts]), torch.arange(size, device=index.device)
    conditions = None
    if parts[0].condition is not None:
        conditions = torch.stack([part.condition for part in parts if part.condition is not None])
    return [
        (
            every[index[:, draw], row][None],
            None if conditions is None else conditions[owner[index[:, draw]], row],
        )
        for draw in range(draws)
    ]
