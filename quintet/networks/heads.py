"""Likelihoods p(x|z) of a cell, and the maps from a decoder's raw output to them."""

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
from quintet.transfers import send

FIXED_SCALE = math.sqrt(0.5)
MIN_SCALE = 1e-2


@dataclass(frozen=True)
class Likelihood:
    """A likelihood: the number of raw decoder outputs for each cell, and the map to a distribution.

    ``head`` maps (draws, batch, parameters, *row) in float32 to a distribution over (draws, batch, *row). ``start``
    gives the raw outputs, (parameters, *row), of the data's marginal distributions.
    """

    name: str
    parameters: int
    head: Callable[[Tensor], Distribution]
    start: Callable[[Marginals], Tensor] | None = None


def bernoulli(levels: int, components: int) -> Likelihood:
    """Bernoulli for binary cells; for other cells in 0..1 it is the cross-entropy, not a density."""
    return Likelihood("bernoulli", 1, lambda raw: Bernoulli(raw.squeeze(2)), initialisation.logits)


def continuous_bernoulli(levels: int, components: int) -> Likelihood:
    """Continuous Bernoulli for cells in 0..1, a proper density."""
    return Likelihood(
        "continuous_bernoulli", 1, lambda raw: ContinuousBernoulli(raw.squeeze(2)), initialisation.continuous_logits
    )


def normal(levels: int, components: int) -> Likelihood:
    """Normal with learnt mean and standard deviation, at least 0.01 in the model's units."""

    def head(raw: Tensor) -> Distribution:
        return Normal(raw[:, :, 0], MIN_SCALE + torch.nn.functional.softplus(raw[:, :, 1]))

    return Likelihood("normal", 2, head, lambda m: initialisation.location_and_scale(m, MIN_SCALE))


def mse(levels: int, components: int) -> Likelihood:
    """Squared error as a normal with variance 1/2: -log p = (x - mean)² + ½ log π for each cell.

    A squared error of 1 costs one nat relative to the KL.
    """

    def head(raw: Tensor) -> Distribution:
        return Normal(raw.squeeze(2), torch.tensor(FIXED_SCALE, dtype=raw.dtype, device=raw.device))

    return Likelihood("mse", 1, head, initialisation.location)


def discretized(levels: int, components: int) -> Likelihood:
    """Mixture of discretised logistics on 0 .. levels-1; raw outputs of 0 spread its centres over the range."""
    half = (levels - 1) / 2
    offsets = (
        torch.linspace(-1, 1, components, dtype=torch.float32)
        if components > 1
        else torch.zeros(1, dtype=torch.float32)
    )
    log_scale = math.log(max(levels / 16, 0.5))

    def head(raw: Tensor) -> Distribution:
        shape = (*raw.shape[:2], 3, components, *raw.shape[3:])
        logits, loc, scale = raw.reshape(shape).movedim((2, 3), (0, 1))
        offset = send(offsets, raw.device).to(raw.dtype).view(components, *[1] * (loc.ndim - 1))
        return DiscretizedLogisticMixture(
            logits, (loc + offset) * half + half, (scale + log_scale).clamp(min=MIN_LOG_SCALE), levels
        )

    return Likelihood(
        "discretized", 3 * components, head, lambda m: initialisation.logistics(m, levels, offsets, log_scale)
    )


def categorical(levels: int, components: int) -> Likelihood:
    """Categorical with a probability for each level, for levels without an order, such as letters of a text."""
    return Likelihood(
        "categorical",
        levels,
        lambda raw: Categorical(raw.movedim(2, -1)),
        lambda m: initialisation.level_logits(m, levels),
    )


def negative_binomial(levels: int, components: int) -> Likelihood:
    """Negative binomial for counts, with log mean and log size (large sizes approach a Poisson)."""
    return Likelihood(
        "negative_binomial", 2, lambda raw: _counts(raw[:, :, 0], raw[:, :, 1]), initialisation.log_mean_and_size
    )


def zero_inflated(levels: int, components: int) -> Likelihood:
    """Zero-inflated negative binomial for counts, with the probability of an extra zero for each cell."""

    def head(raw: Tensor) -> Distribution:
        return ZeroInflated(raw[:, :, 2], _counts(raw[:, :, 0], raw[:, :, 1]))

    return Likelihood("zero_inflated", 3, head, initialisation.inflated)


def _counts(log_mean: Tensor, log_size: Tensor) -> NegativeBinomial:
    """Negative binomial with clamped parameters: means up to e^17, beyond the largest count, and sizes up to e^14."""
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
    "token": {"categorical": categorical},
}
"""Likelihoods for each kind of data; the first is the default."""


def known_likelihoods() -> set[str]:
    """Names of all likelihoods."""
    return {name for options in ALLOWED.values() for name in options}


def choose_likelihood(name: str, kind: str, levels: int = 256, components: int = 2) -> Likelihood:
    """The likelihood ``name`` ("auto": the default for the kind of data)."""
    allowed = ALLOWED[kind]
    if components < 1:
        raise InputError(f"components must be at least 1, got {components}.")
    if name == "auto":
        name = next(iter(allowed))
    if name not in allowed:
        known = known_likelihoods()
        why = f"does not fit data of kind {kind!r}" if name in known else "is not known"
        raise InputError(f"likelihood={name!r} {why}: {nearest(name, allowed)}.")
    return allowed[name](levels, components)
