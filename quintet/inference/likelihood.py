"""Estimates of log p(x) of a row's observed cells: importance sampling and the ELBO, in nats."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.arguments import Draws
from quintet.arguments.checking import checked
from quintet.data.dataset import Batch, Rows
from quintet.data.schema import Schema
from quintet.distributions import Delta, Distribution
from quintet.errors import Unanswerable
from quintet.inference.chunks import RowProgress, in_chunks, progress_of_part
from quintet.inference.importance import conditions_for
from quintet.inference.posterior import posterior_of, rate_under
from quintet.models.fitted import Fitted
from quintet.models.objectives.elbo import masked_sum, observed_log_prob
from quintet.noise import OwnNoise, row_keys
from quintet.numerics.memory import hold_room

PAIRS, CELLS = 256, 2**20
"""Number of pairs of a draw and a row that are decoded at a time, and the largest number of their cells."""
WEIGHTS = 2**21
"""Largest number of importance weights in memory at a time, if each row's are reduced to a few numbers."""

Decode = Callable[[Tensor, Tensor | None], Distribution]
"""z (1, batch, latent_dim) and a condition -> p(x|z)."""


def log_prob(
    fitted: Fitted,
    rows: Rows,
    draws: int = 100,
    *,
    batch_rows: int = 256,
    seed: int = 0,
    progress: RowProgress | None = None,
) -> Tensor:
    """log p(observed cells) of each row in nats, (n,), by importance sampling: log mean of p(x|z) p(z) / q(z|x).

    Burda et al., "Importance weighted autoencoders", 2016: a lower bound in expectation, tight for many ``draws``.
    Whole numbers have masses, the kinds ``unit`` and ``real`` densities in the user's units. A conditional model gives
    log p(x|c) for given conditions c, otherwise log Σ p(c) p(x|c) over the conditions of its training rows.
    """
    ask: dict[str, Any] = {"batch_rows": batch_rows, "seed": seed, "progress": progress}
    return reduced_weights(fitted, rows, draws, lambda weights: torch.logsumexp(weights, 1), **ask) - math.log(draws)


@checked
def reduced_weights(
    fitted: Fitted,
    rows: Rows,
    draws: Draws,
    reduce: Callable[[Tensor], Tensor],
    *,
    batch_rows: int = 256,
    seed: int = 0,
    progress: RowProgress | None = None,
) -> Tensor:
    """Apply ``reduce`` to the log importance weights, (rows, draws) -> (rows, ...), in blocks of rows; returns (n,
    ...).

    Memory is bounded for any number of rows and draws.
    """
    step, parts = batch_rows * max(1, WEIGHTS // (draws * batch_rows)), []
    for start in range(0, max(1, len(rows)), step):
        some, part = rows.take(slice(start, start + step)), progress_of_part(progress, start, len(rows))
        parts.append(reduce(log_weights(fitted, some, draws, batch_rows=batch_rows, seed=seed, progress=part)))
    return torch.cat(parts)


@checked
def log_weights(
    fitted: Fitted,
    rows: Rows,
    draws: Draws = 100,
    *,
    batch_rows: int = 256,
    seed: int = 0,
    progress: RowProgress | None = None,
) -> Tensor:
    """Log importance weights log p(x, z) - log q(z|x) of draws z from the posterior, (n, draws) in nats.

    Their mean estimates the ELBO, and the log of their mean exponential log p(x). Each row selects its draws from one
    bank.
    """
    hold_room("draws", draws, 4 * len(rows), "use fewer draws, or fewer rows at a time")
    in_units = units(fitted.schema).to(fitted.device)

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        parts = [
            _weights(fitted, batch, condition, draws, seed, len(rows) - start) + log_weight
            for condition, log_weight in conditions_for(fitted, batch.condition, len(batch))
        ]
        whole = torch.logsumexp(torch.stack(parts), 0)
        return {"weights": whole.T + masked_sum(in_units.expand_as(batch.x)[None], batch.observed)[0, :, None]}

    with torch.no_grad():
        found = in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="log p")
    return found.get("weights", torch.zeros(0, draws, dtype=torch.float32)) - rows.beyond_nats()[:, None]


def elbo(
    fitted: Fitted,
    rows: Rows,
    *,
    draws: int = 4,
    batch_rows: int = 256,
    seed: int = 0,
    progress: RowProgress | None = None,
) -> Tensor:
    """The ELBO of each row in nats, (n,), in the units of ``log_prob``, with the KL in closed form if available."""
    found = terms(fitted, rows, draws=draws, batch_rows=batch_rows, seed=seed, progress=progress)
    return found["elbo"]


def terms(
    fitted: Fitted,
    rows: Rows,
    *,
    draws: int = 4,
    batch_rows: int = 256,
    seed: int = 0,
    progress: RowProgress | None = None,
) -> dict[str, Tensor]:
    """The ELBO and its terms: "elbo", "distortion" and "rate", (n,) each, in nats.

    A conditional model without given conditions gives log Σ p(c) exp(ELBO of log p(x|c)), which is a lower bound too,
    and the terms under the most probable condition.
    """
    in_units = units(fitted.schema).to(fitted.device)

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        parts, bounds = [], []
        for condition, log_weight in conditions_for(fitted, batch.condition, len(batch)):
            distortion, rate = _terms(fitted, batch, condition, draws, seed, len(rows) - start)
            parts.append((distortion, rate))
            bounds.append(log_weight - distortion - rate)
        best = torch.stack(bounds).argmax(0, keepdim=True)
        shift = masked_sum(in_units.expand_as(batch.x)[None], batch.observed)[0]
        distortion, rate = (torch.stack(part).gather(0, best)[0] for part in zip(*parts, strict=True))
        return {"elbo": torch.stack(bounds).logsumexp(0) + shift, "distortion": distortion - shift, "rate": rate}

    with torch.no_grad():
        found = in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="elbo")
    if not found:
        return {name: torch.zeros(0, dtype=torch.float32) for name in ("elbo", "distortion", "rate")}
    beyond = rows.beyond_nats()
    return found | {"elbo": found["elbo"] - beyond, "distortion": found["distortion"] + beyond}


def units(schema: Schema) -> Tensor:
    """Summand from a cell's log density in the model's units to the user's units, -log scale, (*shape)."""
    if not schema.is_standardised:
        return torch.zeros(schema.shape, dtype=torch.float32)
    scale = np.asarray(schema.scale, dtype=np.float64).reshape(1, *schema.row_shape)
    return -torch.from_numpy(np.log(schema.to_model_layout(scale)[0])).float()


def proposal(fitted: Fitted, batch: Batch, condition: Tensor | None) -> Distribution:
    """Proposal density over z: the model's posterior, or the partial encoder's if that is a point."""
    own = posterior_of(fitted, batch, condition)
    if not isinstance(own, Delta):
        return own
    if fitted.guide is None:
        raise Unanswerable(
            "This model has a deterministic posterior and no partial encoder, so log p(x) cannot be estimated."
        )
    return fitted.guide.posterior(batch.x, batch.observed, condition)


def _weights(fitted: Fitted, batch: Batch, condition: Tensor | None, draws: int, seed: int, wanted: int) -> Tensor:
    """log p(x|z) + log p(z) - log q(z|x), (draws, batch), of the first ``wanted`` rows."""
    q = proposal(fitted, batch, condition)
    z = q.sample(OwnNoise((seed, 31), row_keys(batch.x, batch.observed), draws, fitted.device))
    rest = [
        fitted.model.log_prior(some, condition) - q.log_prob(some).sum(-1)
        for some in torch.split(z, max(1, CELLS // max(1, batch.x.numel())))
    ]
    return log_prob_of_pairs(fitted.model.decode, batch, condition, z, wanted) + torch.cat(rest)


def _terms(
    fitted: Fitted, batch: Batch, condition: Tensor | None, draws: int, seed: int, wanted: int
) -> tuple[Tensor, Tensor]:
    """Distortion and rate of the first ``wanted`` rows, (batch,) each, in the model's units."""
    q = proposal(fitted, batch, condition)
    z = q.sample(OwnNoise((seed, 31), row_keys(batch.x, batch.observed), draws, fitted.device))
    distortion = -log_prob_of_pairs(fitted.model.decode, batch, condition, z, wanted).mean(0)
    return distortion, rate_under(fitted, q, z, condition)


def log_prob_of_pairs(decode: Decode, batch: Batch, condition: Tensor | None, z: Tensor, wanted: int) -> Tensor:
    """log p(observed cells | z), (draws, batch), of the first ``wanted`` rows; 0 for the others, which pad the batch.

    Pairs of a draw and a row are decoded in tiles of a fixed size (see ``chunks.pad``), so that many draws of one row
    cost as much as one draw of many rows.
    """
    draws, size = len(z), len(batch)
    rows, tile = min(wanted, size), max(1, min(PAIRS, CELLS // max(1, batch.x[:1].numel())))
    place = torch.arange(-(-draws * rows // tile) * tile, device=z.device).clamp(max=draws * rows - 1)
    parts = []
    for draw, row in zip(torch.split(place // rows, tile), torch.split(place % rows, tile), strict=True):
        there = batch.observed[row]
        likelihood = decode(z[draw, row][None], None if condition is None else condition[row])
        parts.append(observed_log_prob(likelihood, batch.x[row], there)[0])
    out = torch.zeros(draws, size, dtype=parts[0].dtype, device=z.device)
    out[:, :rows] = torch.cat(parts)[: draws * rows].reshape(draws, rows)
    return out
