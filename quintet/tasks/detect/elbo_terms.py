"""ELBO terms of rows: distortion, rate, posterior means, completed rows, and the surprise of each cell."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.data.full_mask import is_full
from quintet.inference.importance import conditions_for
from quintet.inference.posterior import posterior_of, rate_under
from quintet.models.fitted import Fitted
from quintet.models.objectives.elbo import masked_sum, observed_log_prob
from quintet.noise import Noise
from quintet.tasks.detect.features import compared, views

DRAWS = 2
BANK = (2, 718, 281)
"""Seed of the draws that all rows share, so that a score is a deterministic function of the row."""


@dataclass(frozen=True)
class ElboTerms:
    """ELBO terms of each row of a batch; sums over observed cells are scaled to the size of the row."""

    distortion: Tensor  # (batch,): -log p(x|z), mean over draws of z (context decoders: at the mean), nats
    reconstruction: Tensor  # (batch,): -log p(x|z) at the posterior's mean, nats
    rate: Tensor  # (batch,): KL(q ‖ p), nats
    peak: Tensor  # (batch,): the largest -log p(cell | z, the cells before it) of the observed cells, nats
    latent: Tensor  # (batch, latent_dim): the posterior's mean
    completed: Tensor  # (batch, *row): x, missing cells filled by E[x|z]
    surprise: Tensor  # (batch, *row): -log p(cell | all other cells) in nats, missing cells 0


def elbo_terms(fitted: Fitted, batch: Batch, where: bool = True, noise: Noise | None = None) -> ElboTerms:
    """ELBO terms under the given condition; if a conditional model gets none, under the condition of least cost.

    Parameters
    ----------
    where : whether the surprise of each cell is asked for; if not, it may be 0.
    noise : draws of z that all rows share; None: those of ``BANK``.
    """
    best: ElboTerms | None = None
    least = torch.zeros((), dtype=torch.float32)
    conditions = conditions_for(fitted, batch.condition, len(batch))
    if fitted.model.has_context and len(conditions) > 1:
        return _under(fitted, batch, condition_of_least_cost(fitted, batch), where, noise)
    for condition, log_weight in conditions:
        found = _under(fitted, batch, condition, where, noise)
        cost = found.distortion + found.rate - log_weight
        if best is None:
            best, least = found, cost
        else:
            better = cost < least
            best, least = _choose(better, found, best), torch.minimum(cost, least)
    assert best is not None
    return best


def condition_of_least_cost(fitted: Fitted, batch: Batch) -> Tensor | None:
    """The given condition, or each row's of least cost by the plain decoder: a context decoder takes tens of times as
    long."""
    conditions = conditions_for(fitted, batch.condition, len(batch))
    if len(conditions) == 1:
        return conditions[0][0]
    costs = []
    for condition, log_weight in conditions:
        q = posterior_of(fitted, batch, condition)
        found = observed_log_prob(fitted.model.decode(q.mean, condition).independent, batch.x, batch.observed)[0]
        costs.append(rate_under(fitted, q, q.mean, condition) - found - log_weight)
    points = torch.stack([condition for condition, _ in conditions if condition is not None])
    least = torch.stack(costs).argmin(0)
    return points[least, torch.arange(len(batch), device=least.device)]


def feature_views(fitted: Fitted, batch: Batch) -> dict[str, Tensor]:
    """Feature views of rows whose condition is known; see ``quintet.tasks.detect.features``."""
    q = posterior_of(fitted, batch, batch.condition)
    completed = batch.x
    if not is_full(batch.observed):
        completed = torch.where(batch.observed, batch.x, fitted.model.decode(q.mean, batch.condition).point[0])
    return views(q.mean[0], compared(fitted.schema, completed))


def _under(
    fitted: Fitted, batch: Batch, condition: Tensor | None, where: bool, noise: Noise | None = None
) -> ElboTerms:
    q = posterior_of(fitted, batch, condition)
    z = q.sample(noise or Noise(BANK, DRAWS, shared=True, device=fitted.device))
    share = batch.observed.flatten(1).float().mean(1)
    scale = torch.where(share > 0, 1 / share.clamp(min=1e-9), 0.0)
    middle = fitted.model.decode(q.mean, condition)
    cells = torch.where(batch.observed, -middle.terms(batch.x, batch.observed)[0], -torch.inf)
    reconstruction = cells.masked_fill(~batch.observed, 0.0).flatten(1).sum(1)
    if fitted.model.has_context:  # z says little beside the cells before, and each draw costs a pass over all cells
        distortion = reconstruction
        surprise = cell_surprise(fitted, batch, condition) if where else torch.zeros_like(batch.x)
    else:
        distortion, surprise = _over_draws(fitted, batch, condition, z)
    return ElboTerms(
        distortion * scale,
        reconstruction * scale,
        rate_under(fitted, q, z, condition),
        torch.where(share > 0, cells.flatten(1).amax(1), 0.0),
        q.mean[0],
        torch.where(batch.observed, batch.x, middle.mean[0]),
        torch.where(batch.observed, surprise, 0.0),
    )


def _over_draws(fitted: Fitted, batch: Batch, condition: Tensor | None, z: Tensor) -> tuple[Tensor, Tensor]:
    """-log p(x|z), (batch,), averaged over draws of z, and the surprise of each cell, (batch, *row)."""
    distortion = torch.zeros(batch.x.shape[0], dtype=torch.float32, device=batch.x.device)
    doubt = torch.zeros_like(batch.x)
    for draw in range(len(z)):  # one at a time: memory of one decoding
        terms = fitted.model.decode(z[draw : draw + 1], condition).terms(batch.x, batch.observed)
        distortion -= masked_sum(terms, batch.observed)[0] / len(z)
        doubt = -terms[0] if draw == 0 else torch.logaddexp(doubt, -terms[0])
    # 1 / p(cell | other cells) = E[1 / p(cell | z)] over z given all cells: Gelfand's conditional predictive ordinate
    return distortion, doubt - torch.log(torch.tensor(float(len(z)), dtype=torch.float32))


def cell_surprise(fitted: Fitted, batch: Batch, condition: Tensor | None) -> Tensor:
    """-log p(cell | all other observed cells), by a context decoder without latents, (batch, *row) in nats."""
    if not fitted.model.has_context:
        z = posterior_of(fitted, batch, condition).sample(Noise(BANK, DRAWS, shared=True, device=fitted.device))
        return _over_draws(fitted, batch, condition, z)[1]
    others = fitted.model.given_others(batch.x[None], batch.observed.to(batch.x.dtype)[None], condition)
    return -others.log_prob(batch.x[None])[0]


def _choose(which: Tensor, yes: ElboTerms, no: ElboTerms) -> ElboTerms:
    """Select ``yes`` or ``no`` row by row."""

    def pick(a: Tensor, b: Tensor) -> Tensor:
        return torch.where(which.view(-1, *[1] * (a.ndim - 1)), a, b)

    return ElboTerms(**{f.name: pick(getattr(yes, f.name), getattr(no, f.name)) for f in fields(ElboTerms)})
