"""What every distribution can do: log p per element, mean, sample; some also a cdf."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from quintet.noise import Noise


class Distribution(ABC):
    """A distribution over tensors shaped (draws, batch, *row).

    ``log_prob`` is per element, so that a mask can leave cells out of any sum. Where the elements of a latent vector
    hang together, as under a mixture or a flow, it gives the terms of the chain rule, or the whole spread evenly: what
    counts is that they sum to the log density.
    """

    has_cdf: bool = False

    @abstractmethod
    def log_prob(self, x: Tensor) -> Tensor:
        """Log probability of each element in nats; ``x`` broadcasts against (draws, batch, *row)."""

    def given(self, observed: Tensor) -> "Distribution":
        """The same where only the cells ``observed``, (batch, *row), are there to be read.

        Only a distribution whose cells are told of others is another one then.
        """
        return self

    @property
    @abstractmethod
    def mean(self) -> Tensor:
        """E[x], (draws, batch, *row)."""

    @property
    @abstractmethod
    def variance(self) -> Tensor:
        """Var[x], (draws, batch, *row)."""

    @abstractmethod
    def sample(self, noise: Noise) -> Tensor:
        """One draw for each element, (draws, batch, *row)."""

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x) of each element; only where ``has_cdf``."""
        raise NotImplementedError(f"{type(self).__name__} has no cdf per coordinate")

    def kl_to(self, prior: "Distribution") -> Tensor | None:
        """KL(self ‖ prior) of each coordinate in nats, (draws, batch, latent_dim); None: no closed form is known."""
        return None

    @property
    def ordered(self) -> "Factorised | None":
        """The same over vectors, factorised block by block for entropy coding; None where it cannot be."""
        return None

    @abstractmethod
    def select(self, index: object) -> "Distribution":
        """The distribution of the elements that indexing its (draws, batch, *row) axes with ``index`` keeps."""


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


def batch_of(tensor: Tensor) -> tuple[int, tuple[int, ...]]:
    """The batch size and the row's shape of a (draws, batch, *row) tensor."""
    return tensor.shape[1], tuple(tensor.shape[2:])


def uniform_for(tensor: Tensor, noise: Noise) -> Tensor:
    """Uniform noise that fits ``tensor``; one draw of noise serves a tensor with several where ``noise.draws`` is 1."""
    batch, row = batch_of(tensor)
    return noise.uniform(batch, *row).to(tensor.dtype)


def normal_for(tensor: Tensor, noise: Noise) -> Tensor:
    """Standard normal noise that fits ``tensor``."""
    batch, row = batch_of(tensor)
    return noise.normal(batch, *row).to(tensor.dtype)
