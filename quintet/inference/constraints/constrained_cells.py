"""Chains whose draws obey the constraints of a table: each cell is drawn within what the cells before it leave."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from quintet.distributions import Distribution
from quintet.distributions.chain import Chain, Group, Visible
from quintet.distributions.restricted import restricted
from quintet.inference.constraints.row_constraints import RowConstraints
from quintet.noise import Noise


class ConstrainedCells:
    """Visible cells of some rows, and what the constraints leave to the others.

    Parameters
    ----------
    inner : the cells that the decoder sees.
    constraints : of the rows.
    rows : (1 or draws, batch, cells), for their number alone.
    noise : chooses between several intervals that are given; None: cells are within all of them.
    """

    def __init__(self, inner: Any, constraints: RowConstraints, rows: Tensor, noise: Noise | None = None) -> None:
        self.inner, self.constraints = inner, constraints
        self.bounds = constraints.bounds if noise is None else constraints.chosen(noise, rows)
        self.cells = torch.full(rows.shape, torch.nan, dtype=torch.float64, device=rows.device)

    def conditional(self, cells: Group) -> Distribution:
        """p(x_i | z, visible cells, constraints) of a constrained cell alone, or of several others."""
        found: Distribution = self.inner.conditional(cells)
        if cells[0] not in self.constraints.places:
            return found
        (place,) = cells
        return self.constraints.narrowed(place, found, self.cells, bounds=self.bounds)[0]

    def restricted(self, place: int, allowed: Tensor | None) -> tuple[Distribution, Tensor]:
        """As ``restricted``, within the constraints; None: all that they allow."""
        found = self.inner.conditional((place,))
        if allowed is not None and place not in self.constraints.places:
            return restricted(found, allowed)
        return self.constraints.narrowed(place, found, self.cells, allowed, self.bounds)

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        """Make some cells visible, each once."""
        self.inner.reveal(cells, x, visible)
        for number, place in enumerate(cells):
            if place in self.constraints.places:
                shown = visible[..., number] > 0
                own = self.constraints.legal(place, x[..., number])
                self.cells[..., place] = torch.where(shown, own, self.cells[..., place])

    def lose(self, cells: Group, gone: Tensor) -> None:
        """Mark some cells as missing."""
        self.inner.lose(cells, gone)

    def chance_missing(self, cells: Group) -> Tensor:
        """P(cell is missing | decided cells, z) of some cells, (draws, batch, cells)."""
        found: Tensor = self.inner.chance_missing(cells)
        return found


def constrained(likelihood: Distribution, constraints: RowConstraints | None) -> Distribution:
    """A chain within constraints; any other distribution as it is."""
    if constraints is None or not isinstance(likelihood, Chain):
        return likelihood

    def begin(rows: Tensor) -> Visible:
        return ConstrainedCells(likelihood.begin(rows), constraints, rows)

    return replace(likelihood, begin=begin, groups=constraints.groups(likelihood.groups), in_one_pass=None)
