"""Starting latents for corrupted rows: the partial encoder's, or others with a higher log p(x̃, z).

The partial encoder is an amortised posterior, which is unreliable for rows unlike its training rows: its mode may be
far off, and gradient steps do not recover from there. The model's own posterior is trained on clean rows, but is close
for rows with few corrupted cells. Both are evaluated by log p(x̃, z). If the partial encoder is worse, or the row is
mostly noise by its estimate, latents of nearby training rows and of the cleaned row are tried too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from quintet.distributions import Distribution, Normal, RowMixture
from quintet.distributions.noise_models.base import NoiseModel
from quintet.distributions.noise_models.choose import NONE
from quintet.inference.importance import log_weight_of
from quintet.inference.latent_bank import candidates
from quintet.inference.reencoding import encoded
from quintet.models.fitted import Fitted
from quintet.models.objectives.elbo import masked_sum

NEAR, FAR = 16, 256
"""Number of training latents tried if the partial encoder is worse, and if the row is still mostly noise."""
WILD = 0.55
"""Share of replaced cells above which a row is mostly noise."""
TOGETHER = 16
"""Number of rows searched at a time; it is fixed, so that a row's result does not depend on other rows."""
STEPS = 2
"""Number of EM steps for the rate at each z."""


@dataclass(frozen=True)
class Corrupted:
    """Corrupted rows, (batch, *row), with their noise model."""

    noise: NoiseModel
    x: Tensor
    observed: Tensor
    condition: Tensor | None  # (batch, condition_dim)
    rate: float  # given, or the start of its estimation
    find: bool  # whether the rate is estimated

    def take(self, rows: Tensor) -> Corrupted:
        """The rows of these indices."""
        condition = None if self.condition is None else self.condition[rows]
        return replace(self, x=self.x[rows], observed=self.observed[rows], condition=condition)

    def seen(self, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log p(x̃|z) or its approximation, (draws, batch), in nats."""
        return masked_sum(self.noise.search_log_prob(self.x, clean, rate), self.observed)

    def improved(self, clean: Distribution, rate: Tensor) -> Tensor:
        """The rate after some EM steps, (batch,), or the given rate."""
        return self._after_steps(clean, rate) if self.find else rate

    def mostly_noise(self, clean: Distribution, rate: Tensor) -> Tensor:
        """Whether a row is mostly noise, (batch,): many replaced cells, or more additive noise than in training."""
        if self.noise.name == "normal":
            return rate > self.noise.guided
        if self.noise.name == NONE:
            return torch.zeros_like(rate, dtype=torch.bool)
        return self._after_steps(clean, rate) > WILD

    def _after_steps(self, clean: Distribution, rate: Tensor) -> Tensor:
        for _ in range(STEPS):
            rate = self.noise.improved(self.x, clean, rate, self.observed)
        return rate

    def cleaned(self, clean: Distribution, rate: Tensor) -> Tensor:
        """E[x | x̃, z] for one draw of z, with missing cells filled, (batch, *row)."""
        return self.noise.restored(self.x, clean, rate, self.observed).point[0].to(self.x.dtype)


@dataclass(frozen=True)
class StartingLatents:
    """A normal over z for each row, the estimated rate, and log p(x̃, z) at its mean."""

    mean: Tensor  # (batch, latent_dim)
    spread: Tensor  # (batch, latent_dim)
    rate: Tensor  # (batch,)
    evidence: Tensor  # (batch,), nats

    def take(self, rows: Tensor) -> StartingLatents:
        """The rows of these indices."""
        return StartingLatents(self.mean[rows], self.spread[rows], self.rate[rows], self.evidence[rows])

    def put(self, rows: Tensor, found: StartingLatents) -> None:
        """Replace these rows by the first rows of ``found``."""
        for name in ("mean", "spread", "rate", "evidence"):
            getattr(self, name)[rows] = getattr(found, name)[: len(rows)]

    def or_better(self, other: StartingLatents) -> StartingLatents:
        """For each row the start with the higher evidence."""
        wins = other.evidence > self.evidence
        mean, spread = (
            torch.where(wins[:, None], b, a) for a, b in ((self.mean, other.mean), (self.spread, other.spread))
        )
        rate, evidence = torch.where(wins, other.rate, self.rate), torch.maximum(self.evidence, other.evidence)
        return StartingLatents(mean, spread, rate, evidence)


def best_start(fitted: Fitted, rows: Corrupted, guided: RowMixture, rate: Tensor) -> tuple[RowMixture, Tensor]:
    """The partial encoder's r(z | x̃) and its rate, replaced for rows for which another start has a higher evidence.

    Parameters
    ----------
    guided : the partial encoder's posterior, over (1, batch, latent_dim).
    rate : (batch,).

    Returns
    -------
    r, and the rates, (batch,).
    """
    peak = guided.peak
    middle = peak.loc[0]
    clean = fitted.model.decode(middle[None], rows.condition)
    mine = StartingLatents(
        middle, peak.scale.expand_as(peak.loc)[0], rate, _evidence(fitted, rows, clean, middle, rate)
    )
    filled = torch.where(rows.observed, rows.x, clean.point[0].to(rows.x.dtype))
    own = _placed(fitted, rows, *_encoded(fitted, rows, filled, torch.full_like(rate, rows.rate)))
    best = mine.or_better(own)
    lost = left = (rows.mostly_noise(clean, rate) | (own.evidence > mine.evidence)).nonzero()[:, 0]
    for tried in (NEAR, FAR):
        wild = torch.zeros_like(left, dtype=torch.bool)
        for first in range(0, len(left), TOGETHER):
            some = left[first : first + TOGETHER]
            padded = torch.cat([some, some[-1:].expand(TOGETHER - len(some))])
            few = rows.take(padded)
            found = _searched(fitted, few, best.take(padded), own.take(padded), tried)
            best.put(some, found)
            clean = fitted.model.decode(found.mean[None], few.condition)
            wild[first : first + len(some)] = few.mostly_noise(clean, found.rate)[: len(some)]
        left = left[wild]
    loc, scale, rate = guided.loc.clone(), guided.scale.clone(), rate.clone()
    loc[lost], scale[lost], rate[lost] = best.mean[lost, None], best.spread[lost, None], best.rate[lost]
    return RowMixture(guided.log_weight, loc, scale), rate


def _searched(
    fitted: Fitted, rows: Corrupted, start: StartingLatents, own: StartingLatents, tried: int
) -> StartingLatents:
    """The best of a start, of training latents near the encoder's, and of the encoding of the cleaned row."""

    def seen(clean: Distribution) -> Tensor:
        return rows.seen(clean, rows.rate)

    lost = rows.noise.name == "normal"  # the encoder maps such noise to distant latents
    prior = Normal(torch.zeros_like(own.mean[None]), torch.ones_like(own.spread[None]))
    about = RowMixture.of(prior if lost else Normal(own.mean[None], own.spread[None]))
    near = candidates(fitted, about, seen, rows.condition, tried, 1)
    if near is not None:
        start = start.or_better(_placed(fitted, rows, near[0], start.spread))
    clean = fitted.model.decode(start.mean[None], rows.condition)
    mean, spread = _encoded(fitted, rows, rows.cleaned(clean, start.rate), start.rate)
    return start.or_better(_placed(fitted, rows, mean, spread))


def _encoded(fitted: Fitted, rows: Corrupted, filled: Tensor, rate: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of the model's own posterior of filled rows, (batch, latent_dim)."""
    known = rows.observed.flatten(1).float().mean(1) * (1 - rate).clamp(min=0.0)
    return encoded(fitted.model, filled, known[:, None], rows.condition)


def _placed(fitted: Fitted, rows: Corrupted, mean: Tensor, spread: Tensor) -> StartingLatents:
    """A start with its estimated rate."""
    clean = fitted.model.decode(mean[None], rows.condition)
    rate = rows.improved(clean, mean.new_full((len(mean),), rows.rate))
    return StartingLatents(mean, spread, rate, _evidence(fitted, rows, clean, mean, rate))


def _evidence(fitted: Fitted, rows: Corrupted, clean: Distribution, z: Tensor, rate: Tensor) -> Tensor:
    return log_weight_of(fitted, rows.seen(clean, rate), z[None], rows.condition)[0]
