"""The interface that everything hangs on: a joint p(x, z) and its amortised posterior."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from quintet.data.schema import Schema
from quintet.distributions import Distribution
from quintet.distributions.base import Factorised
from quintet.models.discrete.symbols import SymbolCodec
from quintet.networks import Marginals
from quintet.noise import Noise


@dataclass(frozen=True)
class Layer:
    """One layer of latents."""

    z: Tensor  # (draws, batch, latent_dim)
    posterior: Distribution  # q(z | observed x, layers above)
    prior: Distribution  # p(z | layers above)


@dataclass(frozen=True)
class ModelOutput:
    """Everything an objective needs of a batch."""

    layers: tuple[Layer, ...]  # from the top down; one for a flat model
    likelihood: Distribution  # p(x|z), log_prob per element, (draws, batch, *row)
    penalties: Mapping[str, Tensor] = field(default_factory=dict)  # what a variant adds by name, (batch,)


class Model(nn.Module, ABC):
    """The joint p(x, z) = p(z) p(x|z) and an amortised posterior q(z | the observed part of x).

    ``x`` is (batch, *row) in the model's units, ``observed`` a boolean tensor of the same shape, ``condition`` the
    encoded condition (batch, condition_dim) or None. Cells that are not observed influence nothing returned here.
    """

    schema: Schema
    latent_dim: int
    has_posterior: bool = True
    """Whether there is a q(z|x) at all; a model that only generates has none."""
    prior_learnt: bool = True
    """Whether training drew the latents of rows to p(z); if not, a density fitted after training stands in for it."""

    @abstractmethod
    def draw(self, x: Tensor, observed: Tensor, noise: Noise, condition: Tensor | None = None) -> ModelOutput:
        """Draw z from the posterior, ``noise.draws`` times, and give p(x|z)."""

    @abstractmethod
    def posterior(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Distribution:
        """q(z | observed x) over (1, batch, latent_dim)."""

    @abstractmethod
    def sample_prior(self, n: int, noise: Noise, condition: Tensor | None = None) -> Tensor:
        """z from p(z), (noise.draws, n, latent_dim)."""

    @abstractmethod
    def log_prior(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """log p(z) in nats, (draws, batch), for any z (draws, batch, latent_dim)."""

    @abstractmethod
    def decode(self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None) -> Distribution:
        """p(x|z) over (draws, batch, *row); ``x`` where the decoder is sequential."""

    @property
    def codec(self) -> SymbolCodec | None:
        """Latents <-> symbols where latents are codes: p(z) and q(z|x) are then told in order of the symbols."""
        return None

    def prior_in_order(self, like: Tensor, condition: Tensor | None = None) -> Factorised | None:
        """p(z) told in order, with the type and device of ``like``; None where it cannot be."""
        return None

    def inference(self) -> tuple[nn.Module, ...]:
        """The modules that serve q(z|x) alone; none where they cannot be told from the rest."""
        return ()

    def embed(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Tensor:
        """The deterministic code: the posterior's mean, (batch, latent_dim)."""
        return self.posterior(x, observed, condition).mean[0]

    def start_at(self, marginals: Marginals) -> None:
        """Let training begin at the data's own location and scale, where the model has a likelihood that can."""

    def complete(self, x: Tensor, observed: Tensor, condition: Tensor | None) -> Tensor | None:
        """The condition of training rows, with what is missing of it guessed where the model can."""
        return condition

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device


def is_full(observed: Tensor) -> bool:
    """Whether ``observed`` is one True, expanded: the common case of no holes, found without reading the tensor.

    Only on the CPU, where looking at one number waits for nothing.
    """
    return (
        observed.device.type == "cpu"
        and not any(observed.stride())
        and observed.numel() > 0
        and bool(observed.as_strided((), ()))
    )


def zero_unobserved(x: Tensor, observed: Tensor) -> Tensor:
    """x with its unobserved cells set to 0, whatever stands in them (NaN too)."""
    return x if is_full(observed) else torch.where(observed, x, 0.0)
