"""Base class of distributions, and ``Factorised`` for entropy coding."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from quintet.noise import Noise
from quintet.numerics.tracing import is_traced


class Distribution(ABC):
    """A distribution over tensors shaped (draws, batch, *row).

    ``log_prob`` is per element, so that a mask can exclude cells from a sum. If the elements of a latent vector are
    dependent, as under a mixture or a flow, it gives the terms of the chain rule, or equal shares of the log density;
    in either case they sum to the log density.
    """

    has_cdf: bool = False

    @abstractmethod
    def log_prob(self, x: Tensor) -> Tensor:
        """Log probability of each element in nats; ``x`` broadcasts against (draws, batch, *row)."""

    def terms(self, x: Tensor, observed: Tensor) -> Tensor:
        """Each cell's term of log p(observed cells) in nats, (draws, batch, *row).

        No observed cell's term reads a cell that is not observed, which may hold NaN and whose own term means nothing.
        Of independent cells the terms are those of ``log_prob``.

        Parameters
        ----------
        x, observed : (batch, *row); ``observed`` is bool.
        """
        return self.log_prob(x)

    @property
    def independent(self) -> "Distribution":
        """The same model's distribution with independent cells; itself, unless cells are conditioned on others."""
        return self

    @property
    @abstractmethod
    def mean(self) -> Tensor:
        """E[x], (draws, batch, *row)."""

    @property
    def point(self) -> Tensor:
        """Point estimate that an answer contains: the mean, or of levels without an order the most probable one."""
        return self.mean

    @property
    @abstractmethod
    def variance(self) -> Tensor:
        """Var[x], (draws, batch, *row)."""

    @abstractmethod
    def sample(self, noise: Noise) -> Tensor:
        """One draw for each element, (draws, batch, *row)."""

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x) of each element; defined if ``has_cdf``."""
        raise NotImplementedError(f"{type(self).__name__} has no cdf per coordinate")

    def kl_to(self, prior: "Distribution") -> Tensor | None:
        """KL(self ‖ prior) of each coordinate in nats, (draws, batch, latent_dim); None without a closed form."""
        return None

    @property
    def ordered(self) -> "Factorised | None":
        """The distribution factorised block by block for entropy coding; None if it has no such form."""
        return None

    @abstractmethod
    def select(self, index: object) -> "Distribution":
        """The distribution of the elements selected by ``index`` on the axes (draws, batch, *row)."""


@dataclass(frozen=True)
class Factorised:
    """A distribution over vectors, factorised in order: p(v) = Π p(block | the blocks before it).

    The elements of a block are independent given the blocks before it; an entropy coder codes block after block.

    Parameters
    ----------
    sizes : elements of each block, in order.
    conditionals : vectors (1, rows, elements) -> each element's distribution given the blocks before its own, over the
        same shape: a normal, or one with a cdf. Elements of its own block and of later blocks have no influence.
    """

    sizes: tuple[int, ...]
    conditionals: Callable[[Tensor], Distribution]


def entries(table: Tensor, index: Tensor) -> Tensor:
    """``table`` (..., levels) at whole numbers ``index``, which broadcast against the other axes."""
    if is_traced():  # shapes of NumPy would be constants of a trace
        level = torch.arange(table.shape[-1], device=table.device)
        return torch.where(index.unsqueeze(-1) == level, table, 0.0).sum(-1)
    shape = np.broadcast_shapes(index.shape, table.shape[:-1])  # PyTorch's takes milliseconds
    return table.expand(*shape, -1).gather(-1, index.expand(shape).unsqueeze(-1)).squeeze(-1)


def batch_of(tensor: Tensor) -> tuple[int, tuple[int, ...]]:
    """The batch size and the row's shape of a (draws, batch, *row) tensor."""
    return tensor.shape[1], tuple(tensor.shape[2:])


def uniform_for(tensor: Tensor, noise: Noise) -> Tensor:
    """Uniform noise of the shape (noise.draws, batch, *row) for a tensor (draws, batch, *row)."""
    batch, row = batch_of(tensor)
    return noise.uniform(batch, *row).to(tensor.dtype)


def normal_for(tensor: Tensor, noise: Noise) -> Tensor:
    """Standard normal noise of the shape (noise.draws, batch, *row) for a tensor (draws, batch, *row)."""
    batch, row = batch_of(tensor)
    return noise.normal(batch, *row).to(tensor.dtype)
