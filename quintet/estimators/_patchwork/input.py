"""Checks of pictures and masks, and their patches."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.patches.grid import Tiling
from quintet.data.patches.pictures import Pictures
from quintet.data.schema import Array, Schema
from quintet.errors import InputError

AT_ONCE = 4096
"""Patches in memory at a time."""


def take(images: Any, schema: Schema) -> Pictures:
    """The pictures, each at least as large as the model's rows and of their channels."""
    patch_size(schema)
    pictures = Pictures.of(images)
    for index, picture in enumerate(pictures.all):
        check_picture(picture, schema, index)
    return pictures


def patch_size(schema: Schema) -> tuple[int, int]:
    """(height, width) of a patch, of a model of images whose channels come last."""
    if not schema.is_image or (len(schema.row_shape) == 3 and not schema.channels_last):
        raise InputError(
            f"This model's rows have shape {schema.row_shape}; patches of pictures are (height, width) or (height, "
            "width, channels): train it on rows of cut_patches(images, 16)."
        )
    return schema.row_shape[0], schema.row_shape[1]


def check_picture(picture: Array, schema: Schema, index: int = 0) -> None:
    """Refuse a picture smaller than a patch or of other channels."""
    height, width = patch_size(schema)
    if picture.shape[2:] != schema.row_shape[2:]:
        given, wanted = (shape[2] if len(shape) == 3 else "no axis of" for shape in (picture.shape, schema.row_shape))
        raise InputError(
            f"Picture {index} has {given} channels, this model's patches have {wanted}: convert it (picture.mean(-1), "
            "say), or train a model on patches of such pictures (cut_patches, `quintet fit --patch`)."
        )
    if picture.shape[0] < height or picture.shape[1] < width:
        raise InputError(
            f"Picture {index} has {picture.shape[1]}×{picture.shape[0]} pixels, fewer than this model's patches of "
            f"{width}×{height}: enlarge it, or train a model on smaller patches (cut_patches, `quintet fit --patch`)."
        )


def masks_of(mask: Any, pictures: Pictures) -> list[Array | None]:
    """For each picture its missing cells, of its shape, or None; NaN is missing, too.

    ``mask``: None, or True where a cell is missing: one for each picture or one for all, each of the picture's shape
    or (height, width) for all channels.
    """
    found = []
    for index, picture in enumerate(pictures.all):
        given = None
        if mask is not None:
            given = np.asarray(_own(mask, index, len(pictures.all), picture), dtype=bool)
            if given.shape not in (picture.shape, picture.shape[:2]):
                raise InputError(
                    f"The mask of picture {index} must have its shape, {picture.shape} or {picture.shape[:2]}, got "
                    f"{given.shape}: True marks a missing cell."
                )
            given = np.broadcast_to(given.reshape(*given.shape, *[1] * (picture.ndim - given.ndim)), picture.shape)
        if picture.dtype.kind == "f" and (empty := np.isnan(picture)).any():
            given = empty if given is None else given | empty
        found.append(None if given is None or not given.any() else given)
    return found


def _own(mask: Any, index: int, pictures: int, picture: Array) -> Any:
    if not isinstance(mask, list | tuple):
        array = np.asarray(mask)
        if array.ndim < 3 or array.shape == picture.shape:  # one for all pictures
            return array
        mask = list(array)
    if len(mask) != pictures:
        raise InputError(f"mask must be one for all pictures, or one for each of {pictures} pictures, got {len(mask)}.")
    return mask[index]


def tiling_of(picture: Array, schema: Schema, overlap: float) -> Tiling:
    """Patches over the picture; neighbours share at least the part ``overlap``."""
    return Tiling.over((picture.shape[0], picture.shape[1]), patch_size(schema), overlap)


def patch_chunks(index: Array) -> list[Array]:
    """The patches' numbers, few enough at a time for memory."""
    return [index[start : start + AT_ONCE] for start in range(0, len(index), AT_ONCE)]


def seen_in(tiling: Tiling, picture: Array, missing: Array | None, index: Array) -> tuple[Array, Array | None]:
    """Patches and the mask of their missing cells."""
    return tiling.cut(picture, index), None if missing is None else tiling.cut(missing, index)


def in_dtype(values: Array, picture: Array) -> Array:
    """Cells of float32 in the picture's dtype, rounded where that is whole."""
    if picture.dtype.kind == "f":
        return values.astype(picture.dtype)
    return np.rint(values).astype(picture.dtype)
