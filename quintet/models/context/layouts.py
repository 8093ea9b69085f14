"""The context decoder of each layout of cells."""

from __future__ import annotations

from quintet.data.row_layout import Grid
from quintet.data.schema import Schema
from quintet.models.context.columns import ColumnContext
from quintet.models.context.decoder import ContextDecoder
from quintet.models.context.grid import GridContext


def decoder_for(schema: Schema, latent_dim: int) -> ContextDecoder:
    """The decoder of the layout of the cells, with its first weights."""
    return GridContext(schema, latent_dim) if isinstance(schema.layout, Grid) else ColumnContext(schema, latent_dim)
