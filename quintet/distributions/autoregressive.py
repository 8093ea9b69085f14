"""Autoregressive distribution over the steps of a row: p(x) = Π_t p(x_t | x_<t)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.noise import Noise


@dataclass(frozen=True)
class Autoregressive(Distribution):
    """Distribution over (draws, batch, *row) in which each step is conditioned on the earlier steps.

    ``log_prob`` conditions each step on the observed cells. Mean, variance, cdf and selected elements have no closed
    form. They are those of ``path``, in which each step is conditioned on the means of the earlier steps. The product
    of its cells is a different distribution, so a code that uses it is decodable and a few bits longer.

    Parameters
    ----------
    conditionals : (x, observed or None) -> each cell's distribution given the cells of x in earlier steps.
    rolled : None -> the means, step by step, and each cell's distribution given the earlier means; noise -> a draw, and
        each cell's distribution given the earlier draws.
    observed : bool, (batch, *row): cells that ``log_prob`` may read; None: all of them.
    """

    conditionals: Callable[[Tensor, Tensor | None], Distribution]
    rolled: Callable[[Noise | None], tuple[Tensor, Distribution]]
    observed: Tensor | None = None
    has_cdf = True

    def given(self, observed: Tensor) -> "Autoregressive":
        """The same distribution, conditioned on observed cells only."""
        return replace(self, observed=observed)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log probability in nats of each element given the earlier steps; the elements sum to log p(x)."""
        return self.conditionals(x, self.observed).log_prob(x)

    @cached_property
    def path(self) -> Distribution:
        """Each cell's distribution given the means of the earlier steps."""
        return self.rolled(None)[1]

    @property
    def mean(self) -> Tensor:
        """The mean along the path, which approximates E[x]."""
        return self.path.mean

    @property
    def point(self) -> Tensor:
        """The point estimate along the path."""
        return self.path.point

    @property
    def variance(self) -> Tensor:
        """The variance along the path, which is less than Var[x]: the earlier steps are fixed."""
        return self.path.variance

    def sample(self, noise: Noise) -> Tensor:
        """An exact draw, step by step."""
        return self.rolled(noise)[0]

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x) along the path."""
        return self.path.cdf(x)

    def select(self, index: object) -> Distribution:
        """The distribution of the selected elements along the path."""
        return self.path.select(index)
