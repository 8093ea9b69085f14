"""Augmentation of training batches of images by flips, shifts and crops.

Every transformation moves whole pixels: a cell of the result has the value of one cell of the image, so levels stay
legal, and the mask of observed cells moves along. Rows are transformed independently, and anew in each step:

- "flip" exchanges left and right, "flip_vertical" top and bottom, each in half of the rows;
- "shift" moves the image, which is mirrored at its edge;
- "crop" enlarges a part of the image to its size by repeating pixels.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.data.shared_units import has_shared_units
from quintet.errors import InputError
from quintet.noise import Noise

FARTHEST = 1 / 8
"""Largest shift, as a share of the side."""
SMALLEST = 3 / 4
"""Smallest side of a crop, as a share of the side of the image."""
DRAWS = 7
"""Uniform numbers of a row: two flips, two shifts, the size and the place of the crop."""


def augmented(batch: Batch, names: Collection[str], noise: Noise, image: tuple[int, ...] = ()) -> Batch:
    """The batch with each row transformed by the augmentations ``names``.

    Parameters
    ----------
    batch : images, (batch, channels, height, width); condition and weight are kept.
    noise : source of the draws, one set for each row.
    image : shape of condition images, (height, width[, channels]), which are transformed alike; () for other
        conditions.
    """
    height, width = batch.x.shape[2:]
    rows, columns = source_pixels(names, height, width, noise.uniform(len(batch), DRAWS)[0])
    observed = batch.observed
    if any(observed.stride()):  # expanded from a single True if all cells are observed
        observed = _moved(observed, rows, columns)
    condition = batch.condition
    if condition is not None and image:
        images = condition.reshape(len(batch), *image[:2], -1).permute(0, 3, 1, 2)
        condition = _moved(images, rows, columns).permute(0, 2, 3, 1).reshape(condition.shape)
    return replace(batch, x=_moved(batch.x, rows, columns), observed=observed, condition=condition)


def source_pixels(names: Collection[str], height: int, width: int, draws: Tensor) -> tuple[Tensor, Tensor]:
    """The row (batch, height) and the column (batch, width) of the image from which each pixel is taken.

    Parameters
    ----------
    draws : (batch, ``DRAWS``), uniform on [0, 1).
    """
    flips = draws[:, 0] < 0.5, draws[:, 1] < 0.5
    share = SMALLEST + (1 - SMALLEST) * draws[:, 4]
    found = []
    for axis, (side, flip) in enumerate(((height, "flip_vertical"), (width, "flip"))):
        place = torch.arange(side, device=draws.device).expand(len(draws), side)
        if flip in names:
            place = torch.where(flips[1 - axis][:, None], side - 1 - place, place)
        if "shift" in names:
            farthest = int(FARTHEST * side)
            place = place + ((2 * farthest + 1) * draws[:, 2 + axis]).long()[:, None] - farthest
            place = side - 1 - (side - 1 - place.abs()).abs()
        if "crop" in names:
            size = (share * side).round().long().clamp(math.ceil(SMALLEST * side), side)
            start = (draws[:, 5 + axis] * (side - size + 1)).long()
            place = start[:, None] + ((2 * place + 1) * size[:, None]).div(2 * side, rounding_mode="floor")
        found.append(place)
    return found[0], found[1]


def refuse_unmovable(schema: Schema, names: Collection[str]) -> None:
    """Raise InputError if these augmentations do not apply to rows of this schema."""
    if not names:
        return
    if not schema.is_image:
        shape = "x".join(map(str, schema.row_shape))
        raise InputError(f"augmentation needs rows that are images, got rows of {shape} cells: leave it out.")
    if not has_shared_units(schema):
        raise InputError(
            "augmentation needs cells with the same units in all pixels, and this model has other units in each: fit "
            "afresh, without continue_training."
        )
    image = condition_image(schema)
    if image and image[:2] != schema.shape[1:]:
        raise InputError(
            f"augmentation needs condition images of the rows' size, {schema.shape[2]}×{schema.shape[1]}, got "
            f"{image[1]}×{image[0]}: leave it out."
        )


def condition_image(schema: Schema) -> tuple[int, ...]:
    """Shape of the condition images, (height, width[, channels]); () if the condition is none or no image."""
    image = None if schema.condition is None else schema.condition.columns[0].image
    return () if image is None else image.shape


def _moved(cells: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Cells (batch, channels, height, width) taken from these rows (batch, height) and columns (batch, width)."""
    tall = cells.gather(2, rows[:, None, :, None].expand(-1, cells.shape[1], -1, cells.shape[3]))
    return tall.gather(3, columns[:, None, None, :].expand(-1, cells.shape[1], cells.shape[2], -1))
