"""Rows drawn with missing cells, in the pattern of the training rows."""

from __future__ import annotations

from typing import TypeGuard

import torch
from torch import Tensor

from quintet.distributions.chain import Known
from quintet.inference.constraints.constrained_cells import ConstrainedCells
from quintet.inference.constraints.row_constraints import RowConstraints
from quintet.models.base import Model
from quintet.models.context.model import ContextModel
from quintet.models.context.visible_cells import VisibleCells
from quintet.noise import Noise


def has_pattern(model: Model) -> TypeGuard[ContextModel]:
    """Whether the model has learnt which cells are missing: a table's context decoder, if training rows had any."""
    return isinstance(model, ContextModel) and getattr(model.context, "missing", None) is not None


def draw_with_missing(
    model: ContextModel,
    z: Tensor,
    condition: Tensor | None,
    noise: Noise,
    known: Known | None = None,
    constraints: RowConstraints | None = None,
) -> Tensor:
    """One row for each z, NaN where a cell is missing, (draws, batch, cells).

    Group after group each cell is first decided to be missing or not, then drawn.

    Parameters
    ----------
    z : (draws, batch, latent_dim).
    known : cells that are there and have these values.
    constraints : of the rows.
    """
    row = z.new_zeros(*z.shape[:2], model.schema.size)
    inner = model.begin(row, z, condition)
    visible = inner if constraints is None else ConstrainedCells(inner, constraints, row)
    assert isinstance(visible, VisibleCells | ConstrainedCells)
    groups = model.groups if constraints is None else constraints.groups(model.groups)
    values, there = (row, torch.zeros_like(row)) if known is None else (known.x, known.visible)
    for group in groups if known is not None else ():
        visible.reveal(group, values[..., list(group)], there[..., list(group)])
    for group in groups:
        hidden = 1 - there[..., list(group)]
        own = torch.where(hidden > 0, visible.conditional(group).sample(noise), values[..., list(group)])
        chance = visible.chance_missing(group)
        gone = (noise.uniform(row.shape[1], len(group)).to(chance) < chance).to(row.dtype) * hidden
        visible.reveal(group, own, hidden - gone)
        visible.lose(group, gone)
        row[..., list(group)] = torch.where(gone > 0, torch.nan, own)
    return row
