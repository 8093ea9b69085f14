"""Distribution of a row as a chain of groups of cells: p(x) = Π_g p(group g | the groups before it)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
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
class Known:
    """Cells that a chain begins with."""

    x: Tensor  # (1 or draws, batch, *row); cells of visibility 0 are not read
    visible: Tensor  # like x: 1 for known cells, 0 for hidden ones, between for cells seen with that confidence

    @property
    def is_beginning(self) -> bool:
        """Whether no hidden cell of any flat row comes before a known one."""
        there = self.visible.flatten(2) > 0
        return not bool((there[..., 1:] & ~there[..., :-1]).any())


@dataclass(frozen=True)
class Chain(Distribution):
    """p(x | known cells) over (draws, batch, *row), factorised by an order of groups of cells.

    The terms of ``log_prob`` are those of the chain rule and sum to the log probability of the cells that are not
    known; a draw is made group after group and keeps the known cells. Mean, variance and cdf of the chain have no
    closed form: they are those of ``independent``.

    Parameters
    ----------
    begin : -> rows of which no cell is visible yet.
    groups : in order; every cell belongs to one group.
    like : any tensor of the shape (draws, batch, *row), for its shape, dtype and device.
    alone : -> the distribution with independent cells, each given the known cells.
    known : cells that are known, those of a visibility above 0; None: no cell.
    in_one_pass : rows (draws, batch, *row) and the cells that may be read -> each cell's distribution given those of
        earlier groups, where one evaluation of the network gives them all; None: an evaluation for each group.
    """

    begin: Begin
    groups: tuple[Group, ...]
    like: Tensor
    alone: Callable[[], Distribution]
    known: Known | None = None
    in_one_pass: Callable[[Tensor, Tensor], Distribution] | None = None

    @cached_property
    def independent(self) -> Distribution:
        """The distribution with independent cells, each given the known cells."""
        return self.alone()

    @property
    def has_cdf(self) -> bool:  # type: ignore[override]
        """Whether the distribution with independent cells has a cdf."""
        return self.independent.has_cdf

    def in_order(self, order: Sequence[int]) -> Chain:
        """The chain in another order of the cells."""
        return replace(self, groups=groups_of(order), in_one_pass=None)

    def conditional(self, cells: Group) -> Distribution:
        """The distribution of some cells, each given the known cells, over (draws, batch, cells)."""
        return self._begun(self._zeros(len(self.like))).conditional(cells)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log probability in nats of each element given the known cells and those of earlier groups."""
        return self.terms(x, torch.ones((), dtype=torch.bool, device=x.device))

    def terms(self, x: Tensor, observed: Tensor) -> Tensor:
        """Each cell's term of log p(observed cells | known cells), given the observed cells of earlier groups.

        The terms of known cells are 0.
        """
        if self.in_one_pass is not None and self.known is None:
            return self.in_one_pass(x, observed).log_prob(x)
        x = x if x.ndim == self.like.ndim else x.unsqueeze(0)
        (_, known), visible, terms = self._known(x), self._begun(x), list[Tensor]()
        seen = torch.where(known > 0, 0.0, observed.to(x).expand_as(known))
        for group in self.groups:
            own = _at(x, group)
            terms.append(visible.conditional(group).log_prob(own))
            visible.reveal(group, own, _at(seen, group))
        found = _in_place(terms, self.groups).to(self.like.dtype)
        out = found.reshape(found.shape[0], *self.like.shape[1:]).expand(self.like.shape)
        return out if self.known is None else torch.where(known > 0, 0.0, out)

    def sample(self, noise: Noise) -> Tensor:
        """An exact draw, group after group; known cells stay as they are."""
        empty = self._zeros(max(len(self.like), noise.draws))
        (row, known), visible = self._known(empty), self._begun(empty)
        for group in self.groups:
            hidden = _at(known, group) == 0
            own = torch.where(hidden, visible.conditional(group).sample(noise), _at(row, group))
            visible.reveal(group, own, hidden.to(own.dtype))
            _put(row, group, own)
        return row

    @property
    def mean(self) -> Tensor:
        """The mean of each cell given the known cells."""
        return self.independent.mean

    @property
    def point(self) -> Tensor:
        """The point estimate of each cell given the known cells."""
        return self.independent.point

    @property
    def variance(self) -> Tensor:
        """The variance of each cell given the known cells."""
        return self.independent.variance

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x) of each cell given the known cells."""
        return self.independent.cdf(x)

    def select(self, index: object) -> Distribution:
        """The selected elements with independent cells; a chain of some draws is decoded anew."""
        return self.independent.select(index)

    def _known(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Known cells and visibility in the shape of ``like``, (1 or draws, batch, *row), or of the known cells."""
        if self.known is None:
            return torch.zeros_like(like), torch.zeros_like(like)
        shape = torch.broadcast_shapes(like.shape, self.known.x.shape)  # type: ignore[no-untyped-call]
        # contiguous, since ``_put`` writes into flattened views
        row = self.known.x.to(like).expand(shape).clone(memory_format=torch.contiguous_format)
        return row, self.known.visible.to(like).expand(shape)

    def _begun(self, like: Tensor) -> Visible:
        """As many rows as ``like``, of which the known cells are visible."""
        row, known = self._known(like)
        visible = self.begin(row)
        for group in self.groups if self.known is not None else ():
            visible.reveal(group, _at(row, group), _at(known, group))
        return visible

    def _zeros(self, draws: int) -> Tensor:
        return torch.zeros(draws, *self.like.shape[1:], dtype=self.like.dtype, device=self.like.device)


def _at(t: Tensor, cells: Group) -> Tensor:
    """Some cells of (draws, batch, *row), (draws, batch, cells)."""
    return t.flatten(2)[..., list(cells)]


def _in_place(parts: Sequence[Tensor], groups: Sequence[Group]) -> Tensor:
    """Cells of groups, (draws, batch, cells of the group) each, in the order of the flat row."""
    order = [cell for group in groups for cell in group]
    place = sorted(range(len(order)), key=order.__getitem__)
    return torch.cat(list(parts), -1)[..., place]


def _put(t: Tensor, cells: Group, values: Tensor) -> None:
    """Replace some cells of (draws, batch, *row)."""
    t.flatten(2)[..., list(cells)] = values
