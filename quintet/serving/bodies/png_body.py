"""A PNG -> one picture as a row; transparent pixels are missing."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np

from quintet.data.row_layout import Grid
from quintet.extras import extra
from quintet.serving.bodies.shape import PNG, Array, Body, Shape
from quintet.serving.limits import Limits
from quintet.serving.refusals import Refusal

END = b"IEND"
"""The last chunk of a PNG, without which it was cut off."""
MODES = {1: ("L", "LA"), 2: ("LA", "LA"), 3: ("RGB", "RGBA"), 4: ("RGBA", "RGBA")}
"""Channels -> the mode of a picture, and of one with transparent pixels beside them."""


def read(content: bytes, shape: Shape, limits: Limits) -> Body:
    """The picture of a PNG as one row. Its size is read, and compared with the model's, before a pixel is decoded.

    Raises
    ------
    Refusal
        400 for a damaged file, 415 where rows are no pictures, 422 for another size or depth.
    """
    dtype, layout = shape.pixel_dtype, shape.schema.layout
    if dtype is None or not isinstance(layout, Grid):
        raise Refusal(415, "unsupported_type", f"{PNG} needs a model of pictures of 8 or 16 bits: send JSON or Arrow.")
    limits.check_rows(1, shape.schema.size)
    with extra("serve", "The service"):
        from PIL import Image
    if content.rfind(END) < 0:
        raise _damaged()
    damage = (OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, Image.DecompressionBombError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # metadata, and the size, which is compared with the model's
            with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
                if image.size != (layout.width, layout.height):
                    wanted, got = f"{layout.width}x{layout.height}", f"{image.size[0]}x{image.size[1]}"
                    raise Refusal(
                        422, "wrong_size", f"A picture must have {wanted} pixels, as in training, got {got}: resize it."
                    )
                pixels, mask = _pixels(image, layout.channels, dtype)
    except damage as problem:
        raise _damaged() from problem
    return Body(pixels.reshape(1, *shape.schema.row_shape), 1, None if mask is None else mask.reshape(1, *mask.shape))


def _damaged() -> Refusal:
    return Refusal(
        400, "not_png", "The body must be a whole PNG file, got one that is damaged or cut off: send it again."
    )


def _pixels(image: Any, channels: int, dtype: Any) -> tuple[Array, Array | None]:
    """Pixels (height, width[, channels]) and where they are missing; None where none is."""
    deep = image.mode.startswith("I")
    if dtype == np.uint16:
        if not deep or channels > 1:
            raise Refusal(
                422, "wrong_depth", "Pictures of 16 bits must be grey as PNG: send colours of 16 bits as JSON or Arrow."
            )
        return np.asarray(image).astype(np.uint16), None
    if deep:
        raise Refusal(422, "wrong_depth", "A picture must have 8 bits a channel, as in training, got 16: convert it.")
    plain, with_alpha = MODES[channels]
    transparent = image.has_transparency_data and plain != with_alpha
    if not transparent:
        return np.asarray(image if image.mode == plain else image.convert(plain)), None
    both = np.asarray(image.convert(with_alpha))
    gone = both[..., -1] < 255
    own = both[..., 0] if channels == 1 else both[..., :channels]
    mask = gone if own.ndim == 2 else np.broadcast_to(gone[..., None], own.shape)
    return np.ascontiguousarray(own), mask if gone.any() else None
