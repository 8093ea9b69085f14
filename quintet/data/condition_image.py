"""Condition images: their shape, type and range, and their encoding in 256 steps."""

from __future__ import annotations

import math
import zlib
from base64 import b64decode, b64encode
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from quintet.errors import InputError

STEPS = 255
Array = np.ndarray[Any, Any]


class ConditionImage(BaseModel):
    """Shape and type of a condition image, and the range of cells that is encoded as 0 .. 1.

    The encoding has 256 steps, so that one byte per cell stores an image without loss.
    """

    model_config = ConfigDict(frozen=True)
    shape: tuple[int, ...]
    dtype: str
    low: float = 0.0
    high: float = 1.0

    @property
    def dim(self) -> int:
        """Width of the encoding: the number of cells."""
        return math.prod(self.shape)

    @classmethod
    def infer(cls, name: str, images: Array) -> ConditionImage:
        """Infer from images (n, height, width) or (n, height, width, channels).

        The range of whole numbers is 0 .. 255, or 0 .. maximum if that is at most 63. The range of other cells is
        0 .. 1 if it contains all of them, otherwise minimum .. maximum.
        """
        if images.ndim > 4 or images.dtype.kind not in "biuf" or not images.size:
            raise InputError(
                f"Condition {name!r} must be one value a row, columns (n, columns), or images of numbers, (n, height, "
                f"width) or (n, height, width, channels), got shape {images.shape} and type {images.dtype}."
            )
        low, high = float(images.min()), float(images.max())
        if not math.isfinite(low) or not math.isfinite(high):
            raise InputError(
                f"The images of condition {name!r} must be finite, got NaN or inf: fill such cells, or drop such rows."
            )
        whole = images.dtype.kind in "bui" or bool((images == np.rint(images)).all())
        if whole and low >= 0 and high <= STEPS:
            low, high = 0.0, (max(high, 1.0) if high <= 63 else float(STEPS))
        elif low >= 0 and high <= 1:
            low, high = 0.0, 1.0
        return cls(
            shape=images.shape[1:],
            dtype=str(images.dtype),
            low=low,
            high=high if high > low else low + max(1.0, abs(low)),
        )

    def encode(self, name: str, images: Array, n: int) -> Array:
        """Encode one image for all rows, or one per row, as (n, dim) float32 in 256 steps of 0 .. 1, clipped."""
        if images.dtype.kind not in "biuf" or self.shape not in (images.shape, images.shape[1:]):
            raise InputError(
                f"Condition {name!r} must be images of shape {self.shape}, one for all rows or one per row, "
                f"got shape {images.shape} of {images.dtype}."
            )
        one = images.shape == self.shape
        if not one and len(images) != n:
            raise InputError(
                f"The condition must have one image for each of the {n} rows of data, got {len(images)} images."
            )
        cells = images.reshape(1 if one else n, -1).astype(np.float32)
        cells -= self.low
        cells *= STEPS / (self.high - self.low)
        if not np.isfinite(cells).all():
            raise InputError(f"The images of condition {name!r} must be finite, got NaN or inf: fill such cells.")
        if cells.size and (cells.min() < -STEPS or cells.max() > 2 * STEPS):
            raise InputError(
                f"The images of condition {name!r} must lie in the range of training, {self.low:g} to {self.high:g}, "
                f"got {images.min():g} to {images.max():g}: rescale them."
            )
        encoded = np.clip(np.rint(cells), 0, STEPS) / np.float32(STEPS)
        return np.repeat(encoded, n, axis=0) if one else encoded

    def decode(self, encoded: Array) -> Array:
        """Decode (n, dim) to images (n, *shape) in the user's units."""
        images = encoded.astype(np.float64).reshape(-1, *self.shape) * (self.high - self.low) + self.low
        return (images if np.dtype(self.dtype).kind == "f" else np.rint(images)).astype(self.dtype)

    def pack(self, encoded: Array) -> str:
        """Pack an encoded image (dim,) as text for the header of a file."""
        return b64encode(zlib.compress(np.rint(encoded * STEPS).astype(np.uint8).tobytes(), 9)).decode()

    def unpack(self, text: str) -> Array:
        """Undo ``pack``; the size of the unpacked bytes is bounded against edited files."""
        try:
            cells = zlib.decompressobj().decompress(b64decode(text), self.dim + 1)
        except (zlib.error, ValueError) as problem:
            raise InputError(f"An image of the condition cannot be unpacked ({problem}).") from None
        if len(cells) != self.dim:
            raise InputError(f"An image of the condition must have {self.dim} cells, got {len(cells)}.")
        return np.frombuffer(cells, np.uint8).astype(np.float32) / np.float32(STEPS)

    def describe(self) -> str:
        """A one-line description."""
        return f"images {'x'.join(map(str, self.shape))}, {self.low:g} to {self.high:g}"
