"""Denoising by a context decoder: each cell is compared with its distribution given the other trusted cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.distributions import Distribution
from quintet.distributions.joint import Joint
from quintet.distributions.noise_models.additive import AdditiveNormal
from quintet.distributions.noise_models.base import NoiseModel
from quintet.distributions.noise_models.choose import NONE
from quintet.distributions.noise_models.columns import ColumnNoise
from quintet.distributions.noise_models.replacement import Replacing
from quintet.inference.condition_search import explaining_condition
from quintet.inference.context_posterior import uses_latents
from quintet.inference.importance import conditions_for
from quintet.models.fitted import Fitted

ROUNDS = 4
"""Iterations between the trust in cells and the distributions given the trusted ones."""
TRUSTED = 0.5
"""Least probability of being untouched at which a cell is visible to the others."""


@dataclass(frozen=True)
class ContextEstimate:
    """What a context decoder says about corrupted rows after all rounds."""

    noise: NoiseModel  # of a table with the marginal of each column
    others: Distribution  # p(cell | other trusted cells), (1, batch, *row)
    rate: Tensor  # (batch,)
    evidence: Tensor  # (batch,): sum over observed cells of log p(x̃_i | other trusted cells), nats

    def clean(self, batch: Batch) -> Tensor:
        """The point estimate of x given x̃, (batch, *row); cells that are more probably untouched than replaced are
        those of x̃."""
        found = self.noise.restored(batch.x, self.others, self.rate, batch.observed).mean[0]
        if not is_replacing(self.noise):
            return found
        believed = batch.observed & (self.noise.untouched(batch.x, self.others, self.rate)[0] > TRUSTED)
        return torch.where(believed, batch.x, found)


def denoise_by_context(
    fitted: Fitted, model: NoiseModel, batch: Batch, rate: float | None, first: float
) -> tuple[Tensor, Tensor]:
    """The point estimate of x given x̃, (batch, *row), and the noise rate of each row, (batch,).

    Parameters
    ----------
    rate : noise rate; None: estimated for each row.
    first : initial rate of the search.
    """
    found = estimate_by_context(fitted, model, batch, explaining_condition(fitted, batch), rate, first)
    return found.clean(batch), found.rate


def estimate_by_context(
    fitted: Fitted, model: NoiseModel, batch: Batch, condition: Tensor | None, rate: float | None, first: float
) -> ContextEstimate:
    """Noise, rates and distributions of the cells of rows under one condition; arguments as ``denoise_by_context``."""
    return _estimate(fitted, with_marginal(fitted, model, batch, condition), batch, condition, rate, first)


def with_marginal(fitted: Fitted, model: NoiseModel, batch: Batch, condition: Tensor | None) -> NoiseModel:
    """The noise of a table with the distribution of each column over all rows, whose values replace cells."""
    if not isinstance(model, ColumnNoise):
        return model
    nothing = torch.zeros_like(batch.x)[None]
    marginal = fitted.model.given_others(batch.x[None], nothing, condition)
    assert isinstance(marginal, Joint)
    return replace(model, marginal=marginal)


def is_replacing(model: NoiseModel) -> bool:
    """Whether a cell is either untouched or replaced."""
    return isinstance(model.numbers if isinstance(model, ColumnNoise) else model, Replacing)


def evidence_by_context(fitted: Fitted, models: Sequence[NoiseModel], batch: Batch, first: Sequence[float]) -> Tensor:
    """Log pseudo-likelihood (Besag, 1975) of each row under each kind of noise at its estimated rate, (batch, kinds) in
    nats."""
    found = []
    for condition, log_weight in conditions_for(fitted, batch.condition, len(batch)):
        start = _given_others(fitted, batch.x, batch.observed.to(batch.x.dtype), condition)
        kinds = [with_marginal(fitted, model, batch, condition) for model in models]
        parts = [
            _estimate(fitted, kind, batch, condition, None, rate, start).evidence
            for kind, rate in zip(kinds, first, strict=True)
        ]
        found.append(torch.stack(parts, 1) + log_weight)
    return torch.stack(found).logsumexp(0)


def _given_others(fitted: Fitted, x: Tensor, visible: Tensor, condition: Tensor | None) -> Distribution:
    """p(cell | other visible cells), (1, batch, *row); where the decoder reads z, at the mean of the partial encoder's
    r(z | visible cells)."""
    if not uses_latents(fitted) or fitted.guide is None:
        return fitted.model.given_others(x[None], visible[None], condition)
    z = fitted.guide.posterior(x, visible, condition).peak.loc
    return fitted.model.decode(z, condition, x[None], visible[None]).independent


def _estimate(
    fitted: Fitted,
    model: NoiseModel,
    batch: Batch,
    condition: Tensor | None,
    rate: float | None,
    first: float,
    start: Distribution | None = None,
) -> ContextEstimate:
    """Trust, rate and distributions of the cells in turn; ``start``: the distributions given all other cells."""
    x, observed = batch.x, batch.observed
    rates = torch.full_like(x.flatten(1)[:, 0], first if rate is None else rate)
    visible = observed.to(x.dtype)
    by_trust = fitted.model.sees_noise and isinstance(model, AdditiveNormal)
    rounds = 1 if model.name == NONE else ROUNDS
    for number in range(rounds):
        others = start if start is not None and not number else _given_others(fitted, x, visible, condition)
        if rate is None:
            rates = model.improved(x, others, rates, observed)
        if number < rounds - 1:
            trust = model.untouched(x, others, rates)[0]
            trust = trust if by_trust else (trust > TRUSTED).to(x.dtype)
            visible = torch.where(observed, trust, 0.0)
    seen = torch.where(observed, model.log_prob(x, others, rates)[0], 0.0)
    return ContextEstimate(model, others, rates, seen.flatten(1).sum(1))
