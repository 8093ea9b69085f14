"""Cells that hang together in an order: p(x) = Π p(x of a step | the steps before it)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.noise import Noise


@dataclass(frozen=True)
class Autoregressive(Distribution):
    """A distribution over (draws, batch, *row) whose later steps are told the earlier ones.

    ``log_prob`` tells each step the cells that are there. Mean, variance, cdf and the choice of elements have no closed
    form; they are those along one way: each step told what is expected of the step before, see ``path``. Its product
    of cells is a distribution too, not the same one: a code made of it is right and some bits longer.

    Parameters
    ----------
    conditionals : (x, observed or None) -> each cell's distribution given the cells of x in the steps before it.
    rolled : None -> the path of means; noise -> a draw, and each cell's distribution on the way to it.
    observed : bool, (batch, *row): cells that ``log_prob`` may read; None: all of them.
    """

    conditionals: Callable[[Tensor, Tensor | None], Distribution]
    rolled: Callable[[Noise | None], tuple[Tensor, Distribution]]
    observed: Tensor | None = None
    has_cdf = True

    def given(self, observed: Tensor) -> "Autoregressive":
        """The same, reading the cells that are observed only."""
        return replace(self, observed=observed)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log probability in nats of each element given those of the steps before it; they sum to log p(x)."""
        return self.conditionals(x, self.observed).log_prob(x)

    @cached_property
    def path(self) -> Distribution:
        """Each cell's distribution, the steps before it as expected."""
        return self.rolled(None)[1]

    @property
    def mean(self) -> Tensor:
        """The mean along the path, near E[x]."""
        return self.path.mean

    @property
    def variance(self) -> Tensor:
        """The variance along the path; that of x is larger, by what the steps before may be."""
        return self.path.variance

    def sample(self, noise: Noise) -> Tensor:
        """An exact draw, step by step."""
        return self.rolled(noise)[0]

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x) along the path."""
        return self.path.cdf(x)

    def select(self, index: object) -> Distribution:
        """The chosen elements along the path."""
        return self.path.select(index)
