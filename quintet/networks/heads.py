"""Heads: a decoder's numbers -> the likelihood p(x|z) of each cell."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions import (
    Bernoulli,
    Categorical,
    ContinuousBernoulli,
    DiscretizedLogisticMixture,
    Distribution,
    NegativeBinomial,
    Normal,
    ZeroInflated,
)
from quintet.distributions.discretized_logistic import MIN_LOG_SCALE
from quintet.errors import InputError, nearest
from quintet.networks import initialisation
from quintet.networks.initialisation import Marginals

FIXED_SCALE = math.sqrt(0.5)
MIN_SCALE = 1e-2


@dataclass(frozen=True)
class Likelihood:
    """How many numbers the decoder gives for each cell, and what they mean.

    ``head`` takes (draws, batch, parameters, *row) in float32 and returns a distribution over (draws, batch, *row).
    ``start`` gives the numbers, (parameters, *row), under which that is the data's own location and scale.
    """

    name: str
    parameters: int
    head: Callable[[Tensor], Distribution]
    start: Callable[[Marginals], Tensor] | None = None


def bernoulli(levels: int, components: int) -> Likelihood:
    """Cells of 0 and 1; on grey cells the cross-entropy of tutorials, no density."""
    return Likelihood("bernoulli", 1, lambda raw: Bernoulli(raw.squeeze(2)), initialisation.logits)


def continuous_bernoulli(levels: int, components: int) -> Likelihood:
    """Grey cells in 0..1 with a density that integrates to one."""
    return Likelihood(
        "continuous_bernoulli", 1, lambda raw: ContinuousBernoulli(raw.squeeze(2)), initialisation.continuous_logits
    )


def normal(levels: int, components: int) -> Likelihood:
    """Mean and spread of each cell, both learnt; the spread is at least 0.01 in the model's units."""

    def head(raw: Tensor) -> Distribution:
        return Normal(raw[:, :, 0], MIN_SCALE + torch.nn.functional.softplus(raw[:, :, 1]))

    return Likelihood("normal", 2, head, lambda m: initialisation.location_and_scale(m, MIN_SCALE))


def mse(levels: int, components: int) -> Likelihood:
    """The squared error of tutorials: a normal with variance 1/2, so that -log p = Σ(x - mean)² + ½ log π a cell.

    Its weight against the KL is thereby 1 per unit of squared error, in nats.
    """

    def head(raw: Tensor) -> Distribution:
        return Normal(raw.squeeze(2), torch.tensor(FIXED_SCALE, dtype=raw.dtype, device=raw.device))

    return Likelihood("mse", 1, head, initialisation.location)


def discretized(levels: int, components: int) -> Likelihood:
    """A mixture of discretised logistics on 0 .. levels-1; of decoder's zeros its centres spread over the range."""
    half = (levels - 1) / 2
    apart = (
        torch.linspace(-1, 1, components, dtype=torch.float32)
        if components > 1
        else torch.zeros(1, dtype=torch.float32)
    )
    log_scale = math.log(max(levels / 16, 0.5))

    def head(raw: Tensor) -> Distribution:
        shape = (*raw.shape[:2], 3, components, *raw.shape[3:])
        logits, loc, scale = raw.reshape(shape).movedim((2, 3), (0, 1))
        offset = apart.to(raw).view(components, *[1] * (loc.ndim - 1))
        return DiscretizedLogisticMixture(
            logits, (loc + offset) * half + half, (scale + log_scale).clamp(min=MIN_LOG_SCALE), levels
        )

    return Likelihood(
        "discretized", 3 * components, head, lambda m: initialisation.logistics(m, levels, apart, log_scale)
    )


def categorical(levels: int, components: int) -> Likelihood:
    """A probability for each level by itself: for levels that are names, such as the letters of a text."""
    return Likelihood(
        "categorical",
        levels,
        lambda raw: Categorical(raw.movedim(2, -1)),
        lambda m: initialisation.level_logits(m, levels),
    )


def negative_binomial(levels: int, components: int) -> Likelihood:
    """Counts: the log of their mean and of their size, which says how much wider than a Poisson they spread."""
    return Likelihood(
        "negative_binomial", 2, lambda raw: _counts(raw[:, :, 0], raw[:, :, 1]), initialisation.log_mean_and_size
    )


def zero_inflated(levels: int, components: int) -> Likelihood:
    """Counts with zeros of another origin, and how likely those are, cell by cell."""

    def head(raw: Tensor) -> Distribution:
        return ZeroInflated(raw[:, :, 2], _counts(raw[:, :, 0], raw[:, :, 1]))

    return Likelihood("zero_inflated", 3, head, initialisation.inflated)


def _counts(log_mean: Tensor, log_size: Tensor) -> NegativeBinomial:
    """Means up to e^17, beyond the largest count; sizes up to e^14, where even counts of thousands are Poisson's."""
    return NegativeBinomial(log_mean.clamp(-15.0, 17.0), log_size.clamp(-7.0, 14.0))


ALLOWED: dict[str, dict[str, Callable[[int, int], Likelihood]]] = {
    "image8": {"discretized": discretized, "categorical": categorical},
    "unit": {
        "continuous_bernoulli": continuous_bernoulli,
        "bernoulli": bernoulli,
        "normal": normal,
        "mse": mse,
    },
    "binary": {"bernoulli": bernoulli, "categorical": categorical},
    "count": {"negative_binomial": negative_binomial, "zero_inflated": zero_inflated},
    "real": {"normal": normal, "mse": mse},
}
"""For each kind of data the likelihoods that fit it; the first is the default."""


def known_likelihoods() -> set[str]:
    """The names of all likelihoods, whatever data they fit."""
    return {name for options in ALLOWED.values() for name in options}


def choose_likelihood(name: str, kind: str, levels: int = 256, components: int = 2) -> Likelihood:
    """The likelihood called ``name`` ("auto": the kind's default)."""
    allowed = ALLOWED[kind]
    if components < 1:
        raise InputError(f"components={components} came; a mixture has at least 1.")
    if name == "auto":
        name = next(iter(allowed))
    if name not in allowed:
        known = known_likelihoods()
        why = f"does not fit data of kind {kind!r}" if name in known else "is not known"
        raise InputError(f"likelihood={name!r} {why}: {nearest(name, allowed)}.")
    return allowed[name](levels, components)
