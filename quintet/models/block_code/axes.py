"""Which rows have a lossy code by blocks, and the sizes of its tensors."""

from __future__ import annotations

from quintet.data.row_layout import Grid
from quintet.data.schema import Schema
from quintet.models.block_code.network import features
from quintet.models.block_code.transform import SIDE

LEVELS = 16
"""Fewest grey levels of images whose blocks are coded."""
MOST_CHANNELS = 4


def has_blocks(schema: Schema) -> bool:
    """Whether rows are images of grey levels."""
    layout = schema.layout
    return isinstance(layout, Grid) and layout.channels <= MOST_CHANNELS and schema.grey_levels >= LEVELS


def block_axes(schema: Schema) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Cells of a block, inputs and outputs of the network; (0,) each for rows without blocks."""
    if not has_blocks(schema):
        return (0,), (0,), (0,)
    cells = SIDE * SIDE * schema.shape[0]
    return (cells,), (features(schema.shape[0]),), (4 * cells,)
