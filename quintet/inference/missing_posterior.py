"""Posterior p(z | observed cells) of rows with missing cells, as weighted draws."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.distributions import Distribution, RowMixture
from quintet.distributions.chain import Known
from quintet.inference.candidate_search import Search, search_candidates
from quintet.inference.context_posterior import context_posterior, plain_model, uses_latents
from quintet.inference.importance import Effort, WeightedDraws, weighted_draws
from quintet.inference.samplers.selection import draw_conditions, latents_by, sampler_for
from quintet.models.fitted import Fitted
from quintet.models.objectives.elbo import observed_log_prob
from quintet.noise import RowNoise


def missing_posterior(
    fitted: Fitted, batch: Batch, effort: Search | Effort, seed: int, start: int
) -> list[WeightedDraws]:
    """Weighted draws of z given the observed cells; rows without observed cells have the sampler's draws.

    A context decoder that reads the plain decoder's means has the draws of the plain model, beside the observed cells.
    """
    if uses_latents(fitted):
        known = Known(batch.x[None], batch.observed.to(batch.x.dtype)[None])
        parts = missing_posterior(plain_model(fitted), batch, effort, seed, start)
        return [replace(part, likelihood=None, known=known) for part in parts]

    def guess(condition: Tensor | None) -> RowMixture:
        assert fitted.guide is not None
        return fitted.guide.posterior(batch.x, batch.observed, condition)

    def seen(clean: Distribution) -> Tensor:
        return observed_log_prob(clean, batch.x, batch.observed)

    if fitted.model.has_context:
        parts = context_posterior(fitted, guess, seen, batch, (seed, 21))
    elif isinstance(effort, Search):
        parts = search_candidates(fitted, guess, seen, batch, effort, (seed, 21))
    else:
        parts = weighted_draws(fitted, guess, seen, seen, batch.condition, len(batch.x), effort, (seed, 21))
    empty = ~batch.observed.flatten(1).any(1)
    if not empty.any() or fitted.model.has_context:
        return parts
    return [_generated(fitted, part, empty, batch, seed, start, i) for i, part in enumerate(parts)]


def _generated(
    fitted: Fitted, part: WeightedDraws, empty: Tensor, batch: Batch, seed: int, start: int, number: int
) -> WeightedDraws:
    size, draws = len(batch.x), len(part.z)
    condition = part.condition
    if condition is not None and batch.condition is None:
        drawn = draw_conditions(fitted, size, start, seed + number)
        assert drawn is not None
        condition = torch.where(empty[:, None], drawn, condition)
    latents = latents_by(fitted, sampler_for(fitted, None))
    noise = RowNoise((seed, 22, number), start * draws, device=fitted.device)  # the draws of a row are consecutive
    each = None if condition is None else condition.repeat_interleave(draws, 0)
    generated = latents(size * draws, noise, 1.0, each)[0].reshape(size, draws, -1).movedim(1, 0)
    return WeightedDraws(
        torch.where(empty[:, None], generated, part.z),
        condition,
        torch.where(empty, part.weight.sum(0) / draws, part.weight),
    )
