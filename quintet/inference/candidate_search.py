"""Search for several latents that agree with the observed cells of a row, with their weights.

p(z | observed cells) often has several modes, so a single refined mode and draws near it represent it badly. Each
candidate starts at the latents of a different training row (``latent_bank``) and is moved towards the observed cells:
first by sweeps that fill the missing cells with E[x|z] and encode the row again (the Gibbs sampler of Rezende, Mohamed
and Wierstra, 2014, and of Mattei and Frellsen, 2018, by its means), which moves far for the cost of two passes; then by
a few gradient steps on log p(observed cells, z).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.distributions import RowMixture
from quintet.inference.importance import (
    Effort,
    LogLik,
    WeightedDraws,
    effort_named,
    likeliest,
    log_weight_of,
    shared_out,
    temper,
)
from quintet.inference.latent_bank import at_once, candidates
from quintet.inference.reencoding import encoded
from quintet.inference.refinement import climb
from quintet.models.fitted import Fitted
from quintet.noise import Noise
from quintet.training.precision import searching


@dataclass(frozen=True)
class Search:
    """Size of a candidate search: training latents tried, number kept, sweeps, gradient steps."""

    tried: int
    kept: int
    sweeps: int
    steps: int


SEARCHES = {"normal": Search(64, 8, 2, 3), "high": Search(256, 16, 3, 10)}
FEW_CELLS = 256
"""Largest number of cells of a row for which effort "normal" searches like "high", because decoding is cheap."""
GUIDED = 2
"""Number of starts drawn from the partial encoder, which are closer than any training row where it is certain."""
DEFENSIVE = 0.3
"""Total weight of the starts and of the partial encoder's draws (a defensive mixture).

A few candidates, each almost certain of its cells, do not cover all completions; a wider mixture component does
(Hesterberg, 1995; Owen and Zhou, 2000).
"""


def search_effort(effort: str, cells: int) -> Search | Effort:
    """The search for an effort and rows of so many cells; at effort "low" only the partial encoder's draws."""
    named = effort_named(effort)
    return SEARCHES.get("high" if effort == "normal" and cells <= FEW_CELLS else effort, named)


def search_candidates(
    fitted: Fitted,
    guess: Callable[[Tensor | None], RowMixture],
    log_lik: LogLik,
    batch: Batch,
    search: Search,
    seed: tuple[int, ...],
) -> list[WeightedDraws]:
    """Candidates of each row, nearby training latents and the partial encoder's draws, with weights that sum to 1.

    Parameters
    ----------
    guess : condition -> the partial encoder's r(z | observed cells) over (1, batch, latent_dim).
    log_lik : p(x|z) over (draws, batch, *row) -> log p(observed cells | z), (draws, batch).
    seed : seed of draws that all rows share.
    """
    parts, evidence = [], []
    for number, (condition, log_weight) in enumerate(likeliest(fitted, guess, log_lik, batch.condition, len(batch.x))):
        guide = guess(condition)
        drawn = guide.sample(Noise((*seed, 1, number), draws=search.kept, shared=True, device=fitted.device))
        near = candidates(fitted, guide, log_lik, condition, search.tried, search.kept)
        starts = drawn if near is None else torch.cat([near[: search.kept - GUIDED], drawn[:GUIDED]])
        z, spread, joint = _settled(fitted, starts, log_lik, batch, condition, search)
        z = z + spread * Noise((*seed, 2, number), draws=len(z), shared=True, device=fitted.device).normal(*z.shape[1:])
        wide = torch.cat([(starts if near is None else near)[::2], drawn[1::2]])
        weight = torch.cat([(1 - DEFENSIVE) * temper(joint), joint.new_full(wide.shape[:2], DEFENSIVE / len(wide))])
        parts.append(WeightedDraws(torch.cat([z, wide]), condition, weight))
        evidence.append(joint.logsumexp(0) + log_weight)
    return shared_out(parts, evidence)


def _settled(
    fitted: Fitted, starts: Tensor, log_lik: LogLik, batch: Batch, condition: Tensor | None, search: Search
) -> tuple[Tensor, Tensor, Tensor]:
    """Candidates moved towards the observed cells, their scales, and log p(observed cells, z), (starts, batch)."""
    found = []
    for z in torch.split(starts, at_once(fitted, len(batch.x))):
        with searching(fitted.device):
            for _ in range(search.sweeps):
                z, spread = _swept(fitted, z, batch, condition)
            z = climb(fitted.model, log_lik, z, search.steps, condition)
        seen = log_lik(fitted.model.decode(z, condition))
        found.append((z, spread, log_weight_of(fitted, seen, z, condition)))
    z, spread, joint = (torch.cat(parts) for parts in zip(*found, strict=True))
    return z, spread, joint


def _swept(fitted: Fitted, z: Tensor, batch: Batch, condition: Tensor | None) -> tuple[Tensor, Tensor]:
    """Fill missing cells with E[x|z] and encode the full rows; returns mean and scale in the shape of z."""
    filled = torch.where(batch.observed, batch.x, fitted.model.decode(z, condition).point.to(batch.x.dtype))
    many = None if condition is None else condition.repeat(len(z), 1)
    known = batch.observed.flatten(1).float().mean(1)[:, None].repeat(len(z), 1)
    mean, spread = encoded(fitted.model, filled.flatten(0, 1), known, many)
    return mean.reshape(z.shape), spread.reshape(z.shape)
