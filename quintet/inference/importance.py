"""Importance sampling of z given the observed cells: proposals from the partial encoder, refined and weighted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from quintet.distributions import Distribution, Normal, RowMixture
from quintet.distributions.chain import Known
from quintet.errors import InputError, nearest
from quintet.inference.refinement import refine
from quintet.models.base import Model
from quintet.models.fitted import Fitted
from quintet.noise import Noise
from quintet.training.precision import searching

LogLik = Callable[[Distribution], Tensor]
"""p(x|z) over (draws, batch, *row) -> log p(observed cells | z), (draws, batch)."""
POWERS = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12, 0.08, 0.05, 0.02, 0.0)


@dataclass(frozen=True)
class Effort:
    """Cost of inference for a row: gradient steps, number of starts, draws of z."""

    steps: int
    starts: int
    draws: int


EFFORTS = {"low": Effort(0, 1, 16), "normal": Effort(14, 1, 12), "high": Effort(60, 4, 64)}


@dataclass(frozen=True)
class WeightedDraws:
    """Weighted draws of z that share a condition."""

    z: Tensor  # (draws, batch, latent_dim)
    condition: Tensor | None  # (batch, condition_dim)
    weight: Tensor  # (draws, batch); over all parts the weights of a row sum to 1
    likelihood: Distribution | None = None  # p(x|z), if it is decoded already
    known: Known | None = None  # cells that a context decoder sees beside z

    def decoded(self, model: Model) -> Iterator[tuple[Distribution, Tensor]]:
        """p(x|z) and its weight (batch,) for each draw, with the memory of one decoding."""
        for number, weight in enumerate(self.weight):
            draw = slice(number, number + 1)
            if self.known is not None:
                given = model.decode(self.z[draw], self.condition, self.known.x, self.known.visible)
                yield given.independent, weight
                continue
            found = self.likelihood
            yield model.decode(self.z[draw], self.condition) if found is None else found.select((draw,)), weight


def effort_named(effort: str) -> Effort:
    """The effort "low", "normal" or "high"."""
    if effort not in EFFORTS:
        raise InputError(f"effort={effort!r} is not known: {nearest(effort, EFFORTS)}.")
    return EFFORTS[effort]


def conditions_for(fitted: Fitted, condition: Tensor | None, batch: int) -> list[tuple[Tensor | None, float]]:
    """Conditions to marginalise over, (batch, condition_dim) each, with log p(c): the given one, or all points. Without
    conditions places in the calendar, (batch, cycles), if they are given."""
    if condition is not None or fitted.schema.condition is None:
        return [(condition, 0.0)]
    points, log_weight_of = fitted.schema.condition.support()
    points = points.to(fitted.device)
    return [(p.expand(batch, -1), w) for p, w in zip(points, log_weight_of.tolist(), strict=True)]


def likeliest(
    fitted: Fitted,
    guess: Callable[[Tensor | None], RowMixture],
    log_lik: LogLik,
    condition: Tensor | None,
    batch: int,
    keep: int = 2,
) -> list[tuple[Tensor | None, Tensor]]:
    """The ``keep`` most probable conditions of each row, by a Laplace approximation at the guess.

    Returns
    -------
    Pairs of a condition (batch, condition_dim) and log p(c) of it, (batch,).
    """
    offered = conditions_for(fitted, condition, batch)
    if len(offered) == 1:
        return [(offered[0][0], torch.zeros(batch, device=fitted.device, dtype=torch.float32))]
    evidence = []
    for c, log_weight in offered:
        q = guess(c)
        peak = q.peak.loc
        seen = log_lik(fitted.model.decode(peak, c))
        evidence.append(log_weight_of(fitted, seen, peak, c, q.log_density(peak))[0] + log_weight)
    best = torch.stack(evidence).topk(min(keep, len(offered)), dim=0).indices
    points = torch.stack([c for c, _ in offered if c is not None])
    weights = torch.tensor([w for _, w in offered], device=best.device, dtype=torch.float32)
    rows = torch.arange(batch, device=best.device)
    return [(points[index, rows], weights[index]) for index in best]


def weighted_draws(
    fitted: Fitted,
    guess: Callable[[Tensor | None], RowMixture],
    log_lik: LogLik,
    search: LogLik,
    condition: Tensor | None,
    batch: int,
    effort: Effort,
    seed: tuple[int, ...],
) -> list[WeightedDraws]:
    """Self-normalised importance draws from p(z | observed cells), and of the condition if it is not given.

    Parameters
    ----------
    guess : condition -> the partial encoder's r(z | observed cells) over (1, batch, latent_dim).
    log_lik : likelihood of the weights.
    search : likelihood of the refinement: the same, or a cheaper approximation.
    seed : seed of draws that all rows share.
    """
    parts, evidence = [], []
    for c, log_weight in likeliest(fitted, guess, search, condition, batch):
        start = guess(c)
        with searching(fitted.device):
            proposals = _proposals(fitted, start, search, c, effort, seed)
        each = -(-effort.draws // len(proposals))
        z = torch.cat([q.sample(_bank(fitted, (*seed, 1, i), each)) for i, q in enumerate(proposals)])
        proposed = torch.stack([q.log_prob(z).sum(-1) for q in proposals]).logsumexp(0) - math.log(len(proposals))
        clean = fitted.model.decode(z, c)
        log_w = log_weight_of(fitted, log_lik(clean), z, c, proposed)
        parts.append(WeightedDraws(z, c, temper(log_w), clean))
        evidence.append(log_w.logsumexp(0) + log_weight)
    return shared_out(parts, evidence)


def log_weight_of(
    fitted: Fitted, seen: Tensor, z: Tensor, condition: Tensor | None, proposed: Tensor | float = 0.0
) -> Tensor:
    """log p(observed cells, z) minus the log density of the proposal, (draws, batch) in nats.

    A z for which the decoder returns NaN (networks overflow at extreme latents) has weight 0.

    Parameters
    ----------
    seen : (draws, batch), log p(observed cells | z).
    """
    return torch.nan_to_num(seen + fitted.model.log_prior(z, condition) - proposed, nan=-1e30, neginf=-1e30)


def shared_out(parts: Sequence[WeightedDraws], evidence: Sequence[Tensor]) -> list[WeightedDraws]:
    """Rescale parts with normalised weights by their log evidence, (batch,) each, so that all weights sum to 1."""
    shares = torch.stack(list(evidence)).softmax(0)
    return [replace(part, weight=part.weight * share) for part, share in zip(parts, shares, strict=True)]


def temper(log_weight: Tensor) -> Tensor:
    """Normalised weights, (draws, batch), tempered by the largest power with an effective sample size of half the
    draws.

    In tens of dimensions a few draws would have all the weight and give a noisy average; tempered weights trade a small
    bias for lower variance (Ionides, 2008; Koblents and Míguez, 2015).
    """
    draws = len(log_weight)
    best = torch.softmax(log_weight * POWERS[-1], 0)
    for power in reversed(POWERS[:-1]):
        weight = torch.softmax(log_weight * power, 0)
        enough = 1 / weight.square().sum(0) >= 0.5 * draws
        best = torch.where(enough, weight, best)
    return best


def _proposals(
    fitted: Fitted, start: RowMixture, search: LogLik, condition: Tensor | None, effort: Effort, seed: tuple[int, ...]
) -> Sequence[Distribution]:
    if not effort.steps:
        return [start]
    if effort.starts == 1:
        return [refine(fitted.model, search, start.peak, effort.steps, _bank(fitted, (*seed, 2)), condition)]
    chosen = start.choose(_bank(fitted, (*seed, 3), effort.starts))
    firsts = chosen.sample(_bank(fitted, (*seed, 6), effort.starts))
    return [
        refine(
            fitted.model,
            search,
            Normal(first[None], 0.5 * chosen.scale[i : i + 1]),
            effort.steps,
            _bank(fitted, (*seed, 2, i)),
            condition,
        )
        for i, first in enumerate(firsts)
    ]


def _bank(fitted: Fitted, seed: tuple[int, ...], draws: int = 1) -> Noise:
    return Noise(seed, draws=draws, shared=True, device=fitted.device)
