"""Mixture of normals for each element, with separate weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from quintet.distributions.base import Distribution, normal_for, uniform_for
from quintet.distributions.normal import Normal
from quintet.noise import Noise


@dataclass(frozen=True)
class ElementwiseMixture(Distribution):
    """Σ_k w_k N(loc_k, scale_k²) per element; fields are (components, draws, batch, *row), log w in nats, Σ w = 1."""

    log_weight: Tensor
    loc: Tensor
    scale: Tensor
    has_cdf = True

    def log_prob(self, x: Tensor) -> Tensor:
        """Log density in nats."""
        return (self.log_weight + self._each.log_prob(x)).logsumexp(0)

    @property
    def mean(self) -> Tensor:
        """E[x]."""
        return (self.log_weight.exp() * self.loc).sum(0)

    @property
    def variance(self) -> Tensor:
        """Var[x]."""
        second = (self.log_weight.exp() * (self.scale.square() + self.loc.square())).sum(0)
        return second - self.mean.square()

    def sample(self, noise: Noise) -> Tensor:
        """A draw: a component, then its normal."""
        edges = self.log_weight.exp().cumsum(0)[:-1]
        pick = (uniform_for(self.loc[0], noise) >= edges).sum(0, keepdim=True)
        loc, scale = (part.expand(-1, *pick.shape[1:]).gather(0, pick)[0] for part in (self.loc, self.scale))
        return loc + scale * normal_for(loc, noise)

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x)."""
        return (self._weight * self._each.cdf(x)).sum(0)

    def select(self, index: object) -> ElementwiseMixture:
        """The distribution of the selected elements."""
        key = (slice(None), *index) if isinstance(index, tuple) else (slice(None), index)
        return ElementwiseMixture(self.log_weight[key], self.loc[key], self.scale[key])

    @classmethod
    def joined(cls, parts: Sequence[ElementwiseMixture], join: Callable[[list[Tensor]], Tensor]) -> ElementwiseMixture:
        """The distribution of the elements of all parts; ``join`` stacks or concatenates their fields."""
        names = ("log_weight", "loc", "scale")
        return cls(*(join([getattr(part, name) for part in parts]) for name in names))

    @cached_property
    def _weight(self) -> Tensor:
        """w; the cdf is asked for at many places of the same cells."""
        return self.log_weight.exp()

    @property
    def _each(self) -> Normal:
        return Normal(self.loc, self.scale)
