"""Rows of which some cells are given: z and the given cells from p(z, cells | each of them is within what is given).

Candidates of z from the sampler are followed by the given cells along the chain, each drawn within what is allowed.
Their weights are the products of the probabilities of what is allowed, so that rows resampled by weight are draws from
the model's conditional (sampling importance resampling: Rubin, 1987). No row is rejected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.chain import Visible
from quintet.distributions.restricted import restricted
from quintet.errors import warn
from quintet.inference.constraints.constrained_cells import ConstrainedCells
from quintet.inference.constraints.row_constraints import RowConstraints
from quintet.inference.samplers.selection import draw_conditions
from quintet.models.context.model import ContextModel
from quintet.models.context.visible_cells import VisibleCells
from quintet.models.fitted import Fitted
from quintet.noise import Noise

BLOCK = 128
"""Rows that share candidates."""
CANDIDATES = 512
"""Candidates that are drawn at a time."""
MOST_ROUNDS = 16
"""Most times that candidates are drawn for a block."""
ENOUGH, FEWEST = 128, 8
"""Effective number of candidates from which no more are drawn, and below which rows are warned of."""

Draw = Callable[[int, Noise, Tensor | None], Tensor]
"""(n, noise, conditions (n, condition_dim) or None) -> z, (1, n, latent_dim)."""


@dataclass(frozen=True)
class GivenCells:
    """What the cells at ``places`` may be, in the order of the chain: an argument ``allowed`` of ``restricted`` each,
    None for parts of a total that is given.

    ``missing`` says whether other cells may be missing: then it counts, too, that the given ones are not.
    ``constraints`` are those of the rows.
    """

    places: tuple[int, ...]
    allowed: tuple[Tensor | None, ...]
    missing: bool = False
    constraints: RowConstraints | None = None

    @classmethod
    def of(
        cls,
        model: ContextModel,
        allowed: dict[int, Tensor],
        missing: bool = False,
        constraints: RowConstraints | None = None,
    ) -> GivenCells:
        """Cells by their places."""
        places = [place for place in model.order.tolist() if place in allowed]
        if constraints is not None:
            every = constraints.with_parts(allowed)
            places = [
                group[0]
                for group in constraints.groups([(place,) for place in model.order.tolist()])
                if group[0] in every
            ]
        own = (allowed.get(place) for place in places)
        return cls(tuple(places), tuple(a if a is None else a.to(model.device) for a in own), missing, constraints)

    def restricted(self, visible: Visible, place: int, allowed: Tensor | None) -> tuple[Distribution, Tensor]:
        """As ``restricted`` of the cell at a place; ``allowed`` None: a part of a given total."""
        if isinstance(visible, ConstrainedCells):
            return visible.restricted(place, allowed)
        assert allowed is not None
        return restricted(visible.conditional((place,)), allowed)

    def begun(self, visible: Visible, rows: Tensor, noise: Noise) -> Visible:
        """Visible cells of some rows, within the constraints."""
        return visible if self.constraints is None else ConstrainedCells(visible, self.constraints, rows, noise)

    def visible(self, x: Tensor) -> Tensor:
        """1 for given cells, 0 for others, (n, cells) like x."""
        out = torch.zeros_like(x)
        out[:, list(self.places)] = 1.0
        return out


@dataclass(frozen=True)
class Candidates:
    """Latents z (n, latent_dim) with their conditions, and rows x (n, cells) of which the given cells are filled."""

    z: Tensor
    x: Tensor
    condition: Tensor | None

    def take(self, index: Tensor) -> Candidates:
        """Some of them."""
        return Candidates(self.z[index], self.x[index], None if self.condition is None else self.condition[index])


def draw_given(
    fitted: Fitted, given: GivenCells, draw: Draw, condition: Tensor | None, start: int, rows: int, seed: int
) -> Candidates:
    """Rows ``start`` to ``start + rows``; each depends on its place and the seed alone.

    Parameters
    ----------
    condition : (rows, condition_dim); None: drawn from p(c) for a conditional model, and weighted, too.
    """
    blocks: dict[tuple[int, int], Candidates] = {}
    kinds, which = (None, torch.zeros(rows, dtype=torch.int64)) if condition is None else _distinct(condition)
    found = []
    for row, kind in enumerate(which.tolist()):
        block, place = divmod(start + row, BLOCK)
        if (block, kind) not in blocks:
            of_block = None if kinds is None else kinds[kind]
            blocks[block, kind] = _block(fitted, given, draw, of_block, block, seed)
        found.append(blocks[block, kind].take(torch.tensor([place])))
    whole = [torch.cat([getattr(one, name) for one in found]) for name in ("z", "x")]
    conditions = [one.condition for one in found if one.condition is not None]
    return Candidates(whole[0], whole[1], torch.cat(conditions) if conditions else None)


def _distinct(condition: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct conditions, and which of them each row has."""
    found: tuple[Tensor, Tensor] = torch.unique(condition, dim=0, return_inverse=True)
    return found


def _block(
    fitted: Fitted, given: GivenCells, draw: Draw, condition: Tensor | None, block: int, seed: int
) -> Candidates:
    """``BLOCK`` rows, resampled from as many candidates as it takes."""
    pool, log_weight, rounds = [], [], 0
    effective = 0.0
    while effective < ENOUGH and rounds < MOST_ROUNDS:
        candidates, weight = _candidates(fitted, given, draw, condition, (seed, 14, block, rounds))
        pool.append(candidates)
        log_weight.append(weight)
        share = torch.softmax(torch.cat(log_weight).double(), 0)
        effective, rounds = float(1 / share.square().sum()), rounds + 1
    if effective < FEWEST:
        warn(
            f"What is given is so rare that a block of {BLOCK} rows has latents of about {max(1, round(effective))}: "
            "they vary less than the model's rows; give wider intervals or fewer columns.",
        )
    z, x = (torch.cat([getattr(part, name) for part in pool]) for name in ("z", "x"))
    conditions = [part.condition for part in pool if part.condition is not None]
    index = _resampled(share, Noise((seed, 15, block))).to(z.device)
    return Candidates(z, x, torch.cat(conditions) if conditions else None).take(index)


def _candidates(
    fitted: Fitted, given: GivenCells, draw: Draw, condition: Tensor | None, key: tuple[int, ...]
) -> tuple[Candidates, Tensor]:
    """``CANDIDATES`` candidates and their log weights in nats."""
    model, noise = fitted.model, Noise(key, device=fitted.device)
    assert isinstance(model, ContextModel)
    if condition is not None:
        each = condition.expand(CANDIDATES, -1)
    else:
        each = draw_conditions(fitted, CANDIDATES, (key[2] * MOST_ROUNDS + key[3]) * CANDIDATES, key[0])  # type: ignore[assignment]
    z = draw(CANDIDATES, noise, each)
    x = torch.zeros(1, CANDIDATES, fitted.schema.size, dtype=torch.float32, device=fitted.device)
    log_weight = torch.zeros(CANDIDATES, dtype=torch.float32, device=fitted.device)
    visible = given.begun(model.begin(x, z, each), x, noise)
    for place, allowed in zip(given.places, given.allowed, strict=True):
        if given.missing:
            assert isinstance(visible, VisibleCells | ConstrainedCells)
            log_weight = log_weight + torch.log1p(-visible.chance_missing((place,)))[0, :, 0]
        cell, log_share = given.restricted(visible, place, allowed)
        own = cell.sample(noise)
        visible.reveal((place,), own, torch.ones_like(own))
        x[..., place : place + 1] = own
        log_weight = log_weight + log_share[0]
    return Candidates(z[0], x[0], each), log_weight


def _resampled(share: Tensor, noise: Noise) -> Tensor:
    """Indices of ``BLOCK`` candidates by systematic resampling, in random order, so that each row is a draw."""
    at = (torch.arange(BLOCK) + noise.uniform(1)[0, 0]) / BLOCK
    index = torch.searchsorted(share.cumsum(0).cpu(), at.double()).clamp(max=len(share) - 1)
    return index[noise.uniform(1, BLOCK)[0, 0].argsort()]
