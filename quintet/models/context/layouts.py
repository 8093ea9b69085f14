"""The context decoders by name, and the layout of cells that each is for."""

from __future__ import annotations

from collections.abc import Callable

from quintet.data.schema import Schema
from quintet.models.context.columns import ColumnContext
from quintet.models.context.decoder import ContextDecoder
from quintet.models.context.grid import GridContext, Size
from quintet.models.context.steps import StepContext
from quintet.models.context.tokens import TokenContext

DECODERS: dict[str, Callable[[Schema, int], ContextDecoder]] = {
    "columns": ColumnContext,
    "grid": GridContext,
    "steps": StepContext,
    "tokens": TokenContext,
    "wide_grid": lambda schema, latent_dim: GridContext(schema, latent_dim, Size(width=128, blocks=2, hidden=64)),
}
"""Name -> the decoder for a schema and a number of latents, with its first weights."""
