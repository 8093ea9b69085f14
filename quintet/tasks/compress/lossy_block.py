"""The payload of a lossy block: by blocks of an image where the model has learnt that code, else its latents."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from quintet.codec.container.blocks import Block
from quintet.codec.container.layout import BLOCKS, LOSSY
from quintet.errors import FileRefused
from quintet.models.fitted import Fitted
from quintet.tasks.compress.block_code import from_blocks_payload, to_blocks_payload
from quintet.tasks.compress.lossy import from_lossy_payload, to_lossy_payload

Array = np.ndarray[Any, Any]


def lossy_payload(
    fitted: Fitted, values: Array, given: Tensor | None, step: float, batch_rows: int
) -> tuple[int, bytes]:
    """Kind of code and payload of rows (n, cells) in the model's layout."""
    code = fitted.artifacts.block_code
    if code is None:
        return LOSSY, to_lossy_payload(fitted, values, given, step, batch_rows)
    return BLOCKS, to_blocks_payload(code, fitted.schema, values, step)


def rows_of_lossy(fitted: Fitted, block: Block, batch_rows: int) -> Array:
    """The rows of ``lossy_payload``, (n, *row_shape)."""
    if block.kind == LOSSY:
        return from_lossy_payload(fitted, block.payload, block.rows, batch_rows)
    if fitted.artifacts.block_code is None:
        raise FileRefused(
            "The file holds blocks of a lossy code that this model has not learnt: decompress it with the model file "
            "that was saved after fit_lossy."
        )
    return from_blocks_payload(fitted.artifacts.block_code, fitted.schema, block.payload, block.rows)
