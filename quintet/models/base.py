"""Model interface: a joint p(x, z) and its amortised posterior q(z|x)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from quintet.data.full_mask import is_full
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
    """What a model returns for a batch and an objective reads."""

    layers: tuple[Layer, ...]  # from the top down; one for a flat model
    likelihood: Distribution  # p(x|z), log_prob per element, (draws, batch, *row)
    penalties: Mapping[str, Tensor] = field(
        default_factory=dict
    )  # terms that the model adds to the loss, by name, (batch,)


class Model(nn.Module, ABC):
    """The joint p(x, z) = p(z) p(x|z) and an amortised posterior q(z | the observed part of x).

    ``x`` is (batch, *row) in the model's units, ``observed`` a boolean tensor of the same shape, ``condition`` the
    encoded condition (batch, condition_dim) or None. No method's result depends on cells that are not observed.
    """

    schema: Schema
    latent_dim: int
    has_posterior: bool = True
    """Whether the model has a posterior q(z|x); a pure generator has none."""
    has_context: bool = False
    """Whether a context decoder sees any set of known cells, with latents or without."""
    reads_plain: bool = False
    """Whether that decoder reads latents that the plain decoder proposes, and its means."""
    sees_noise: bool = False
    """Whether that decoder sees cells under normal noise at a visibility between 0 and 1."""
    prior_learnt: bool = True
    """Whether training matches the latents of rows to p(z); if not, a density fitted after training replaces p(z)."""

    @abstractmethod
    def draw(self, x: Tensor, observed: Tensor, noise: Noise, condition: Tensor | None = None) -> ModelOutput:
        """Draw z from the posterior ``noise.draws`` times and return it with p(x|z)."""

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
    def decode(
        self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None, visible: Tensor | None = None
    ) -> Distribution:
        """p(x | z, visible cells), the distribution of rows over (draws, batch, *row).

        A decoder whose cells are independent given z reads no cells and returns p(x|z). A decoder that sees cells
        returns a ``Chain``: it scores and draws rows group after group, and its mean, cdf and so on are those of each
        cell given z and the visible cells.

        Parameters
        ----------
        x, visible : (1 or draws, batch, *row); ``visible`` is 1 for known cells, 0 for hidden ones, which are not read,
            and between for cells seen with that confidence. None: no cell is visible.
        """

    def given_others(self, x: Tensor, visible: Tensor, condition: Tensor | None) -> Distribution:
        """p(x_i | all other visible cells) of every cell, over (1, batch, *row); of context decoders alone.

        Parameters
        ----------
        x, visible : (1, batch, *row).
        """
        raise NotImplementedError(f"{type(self).__name__} has no context decoder")

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Groups of cells in the order of the chain; those of a group are independent given z and earlier groups."""
        return (tuple(range(self.schema.size)),)

    @property
    def codec(self) -> SymbolCodec | None:
        """Map between latents and symbols for discrete latents, whose p(z) and q(z|x) factorise over the symbols."""
        return None

    def prior_in_order(self, like: Tensor, condition: Tensor | None = None) -> Factorised | None:
        """p(z) factorised block by block for entropy coding, in the dtype of ``like``; None if it has no such form."""
        return None

    def inference(self) -> tuple[nn.Module, ...]:
        """The modules used by q(z|x) only; empty if the model shares them with p(x|z)."""
        return ()

    def embed(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Tensor:
        """The deterministic code: the posterior's mean, (batch, latent_dim)."""
        return self.posterior(x, observed, condition).mean[0]

    def start_at(self, marginals: Marginals) -> None:
        """Initialise the likelihood at the data's marginal distributions, if it supports that."""

    def complete(self, x: Tensor, observed: Tensor, condition: Tensor | None) -> Tensor | None:
        """The condition of training rows, with missing parts imputed by models that can."""
        return condition

    def classify(self, x: Tensor, observed: Tensor) -> Tensor | None:
        """log q(y|x), (batch, classes) in nats; None: no classifier inside."""
        return None

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        return next(self.parameters()).device


def zero_unobserved(x: Tensor, observed: Tensor) -> Tensor:
    """x with its unobserved cells, which may hold NaN, set to 0."""
    return x if is_full(observed) else torch.where(observed, x, 0.0)
