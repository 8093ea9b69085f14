"""Distribution of a row as a chain of groups of cells: p(x) = Π_g p(group g | the groups before it)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.noise import Noise

Group = tuple[int, ...]
"""Places of cells in the flat row."""


class Visible(Protocol):
    """The visible cells of some rows, which a chain makes more."""

    def conditional(self, cells: Group, /) -> Distribution:
        """The distribution of some cells given the visible ones, over (draws, batch, cells)."""

    def reveal(self, cells: Group, x: Tensor, visible: Tensor, /) -> None:
        """Make some cells visible, each once: their values and visibility, (1 or draws, batch, cells); cells of
        visibility 0 stay hidden."""


Begin = Callable[[Tensor], Visible]
"""Any tensor (1 or draws, batch, *row) -> as many rows of which no cell is visible."""
MOST_GROUPS = 64
"""Groups of a chain, at most: a pass over a row is as many evaluations of the network."""


def groups_of(order: Sequence[int]) -> tuple[Group, ...]:
    """An order of cells as at most ``MOST_GROUPS`` groups of neighbours in it, whose sizes differ by one at most."""
    count, cells = min(MOST_GROUPS, len(order)), len(order)
    ends = [cells * group // count for group in range(count + 1)] if count else []
    return tuple(tuple(order[start:stop]) for start, stop in pairwise(ends))


@dataclass(frozen=True)
class Chain(Distribution):
    """A distribution over (draws, batch, *row), factorised by an order of groups of cells.

    ``log_prob`` is that of the chain: each element's term is conditioned on the observed cells of earlier groups, and
    the terms sum to log p(x). A chain has neither mean nor cdf in closed form; they are those of ``plain``, the same
    model's distribution with independent cells.

    Parameters
    ----------
    begin : -> rows of which no cell is visible yet.
    groups : in order; every cell belongs to one group.
    plain : distribution with independent cells.
    observed : (batch, *row) of bool, cells that ``log_prob`` may read; None: all of them.
    """

    begin: Begin
    groups: tuple[Group, ...]
    plain: Distribution
    observed: Tensor | None = None

    @property
    def has_cdf(self) -> bool:  # type: ignore[override]
        """Whether the plain distribution has a cdf."""
        return self.plain.has_cdf

    def given(self, observed: Tensor) -> Chain:
        """The same chain, conditioned on observed cells only."""
        return replace(self, observed=observed)

    def in_order(self, order: Sequence[int]) -> Chain:
        """The chain in another order of the cells."""
        return replace(self, groups=groups_of(order))

    def log_prob(self, x: Tensor) -> Tensor:
        """Log probability in nats of each element given the observed cells of earlier groups."""
        x = x if x.ndim == self._like.ndim else x.unsqueeze(0)
        out, visible = torch.zeros_like(self._like), self.begin(x)
        seen = torch.ones_like(x) if self.observed is None else self.observed.to(x).expand_as(x)
        for group in self.groups:
            own = _at(x, group)
            _put(out, group, visible.conditional(group).log_prob(own))
            visible.reveal(group, own, _at(seen, group))
        return out

    def sample(self, noise: Noise) -> Tensor:
        """An exact draw, group after group."""
        return self.completed(None, None, noise)

    def completed(self, x: Tensor | None, visible: Tensor | None, noise: Noise) -> Tensor:
        """A draw of the cells that are not visible given those that are, (draws, batch, *row).

        Parameters
        ----------
        x, visible : (1 or draws, batch, *row); None: no cell is visible.
        """
        like = self._like
        row = torch.zeros_like(like) if x is None else x.to(like).expand_as(like).clone()
        known = torch.zeros_like(like) if visible is None else visible.to(like).expand_as(like)
        now = self.begin(row)
        for group in self.groups if visible is not None else ():
            now.reveal(group, _at(row, group), _at(known, group))
        for group in self.groups:
            hidden = _at(known, group) == 0
            own = torch.where(hidden, now.conditional(group).sample(noise), _at(row, group))
            now.reveal(group, own, hidden.to(own.dtype))
            _put(row, group, own)
        return row

    @property
    def mean(self) -> Tensor:
        """The plain distribution's mean."""
        return self.plain.mean

    @property
    def point(self) -> Tensor:
        """The plain distribution's point estimate."""
        return self.plain.point

    @property
    def variance(self) -> Tensor:
        """The plain distribution's variance."""
        return self.plain.variance

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x) under the plain distribution."""
        return self.plain.cdf(x)

    @property
    def independent(self) -> Distribution:
        """The plain distribution."""
        return self.plain

    def select(self, index: object) -> Distribution:
        """The plain distribution of the selected elements; a chain of some draws is decoded anew."""
        return self.plain.select(index)

    @property
    def _like(self) -> Tensor:
        return self.plain.mean


def _at(t: Tensor, cells: Group) -> Tensor:
    """Some cells of (draws, batch, *row), (draws, batch, cells)."""
    return t.flatten(2)[..., list(cells)]


def _put(t: Tensor, cells: Group, values: Tensor) -> None:
    """Replace some cells of (draws, batch, *row)."""
    t.flatten(2)[..., list(cells)] = values
