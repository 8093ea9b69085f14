"""Cells in the user's units and layout to and from the model's, as a module that a graph can hold."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from quintet.data.kind_columns import limits
from quintet.data.scaling import FARTHEST
from quintet.data.schema import Schema

COARSE = 1e-5
"""Largest error in standard deviations that a cell may have from being given as float32."""


class Cells(nn.Module):
    """Map between a user's rows, (batch, *row_shape), and the model's, (batch, *shape).

    Cells of tables are those of ``Schema.encode``: codes of levels, numbers. Of whole-number kinds the user's units are
    the model's; cells of standardised kinds are standardised within the graph.

    Parameters
    ----------
    schema : of the rows.
    """

    loc: Tensor
    scale: Tensor
    constant: Tensor
    is_constant: Tensor
    learnt: Tensor

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self.schema, self.dtype = schema, input_dtype(schema)
        row = schema.row_shape
        if schema.is_standardised:
            for name, values in (("loc", schema.loc), ("scale", schema.scale)):
                self.register_buffer(name, torch.tensor(values, dtype=self.dtype, device="cpu").reshape(row))
        kept = torch.zeros(schema.size, dtype=torch.float32, device="cpu")
        where = torch.zeros(schema.size, dtype=torch.bool, device="cpu")
        for place, value in schema.constant:
            kept[place], where[place] = value, True
        self.register_buffer("constant", kept.reshape(row))
        self.register_buffer("is_constant", where.reshape(row))
        learnt = torch.ones(schema.size, dtype=torch.bool, device="cpu")
        learnt[list(schema.unseen)] = False
        self.register_buffer("learnt", learnt.reshape(row))

    def to_model(self, x: Tensor) -> Tensor:
        """Cells (batch, *row_shape) in the user's units -> (batch, *shape) in the model's; NaN becomes 0."""
        x = torch.where(torch.isnan(x), 0.0, x)
        if self.schema.is_standardised:
            x = ((x - self.loc) / self.scale).clamp(-FARTHEST, FARTHEST).to(torch.float32)
        elif self.schema.support.levels:
            x = x.clamp(max=self.schema.top)
        return self.laid(x)

    def to_user(self, x: Tensor) -> Tensor:
        """Cells (batch, *shape) in the model's units -> (batch, *row_shape) in the user's, not rounded; cells that were
        constant in training have that value."""
        x = self.unlaid(x)
        if self.schema.is_standardised:
            x = (x.to(self.dtype) * self.scale + self.loc).to(torch.float32)
        else:
            x = x.clamp(*limits(self.schema.support))
        return torch.where(self.is_constant, self.constant, x) if self.schema.constant else x

    def laid(self, t: Tensor) -> Tensor:
        """(batch, *row_shape) -> (batch, *shape), channels first."""
        if self.schema.channels_last:
            return t.movedim(-1, 1)
        return t.reshape(-1, *self.schema.shape)

    def unlaid(self, t: Tensor) -> Tensor:
        """(batch, *shape) -> (batch, *row_shape)."""
        if self.schema.channels_last:
            return t.movedim(1, -1)
        return t.reshape(-1, *self.schema.row_shape)


def input_dtype(schema: Schema) -> torch.dtype:
    """The type of the cells that a graph reads: float32, or float64 where float32 is too coarse for a standardised
    cell, such as a time in seconds since 1970."""
    if not schema.is_standardised:
        return torch.float32
    loc, scale = np.asarray(schema.loc), np.asarray(schema.scale)
    error = np.finfo(np.float32).eps * (np.abs(loc) + scale) / scale
    within = np.maximum(np.abs(loc), scale).max(initial=0.0) < np.finfo(np.float32).max / FARTHEST
    return torch.float32 if error.max(initial=0.0) < COARSE and within else torch.float64
