"""Images that rows are conditioned on: what is grey, to be coloured; an outline, to be filled."""

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
    """What such an image is: its shape and type, and the range of cells that is encoded as 0 .. 1.

    The encoding has 256 steps, so that an image is kept in a byte a cell and comes back as it went.
    """

    model_config = ConfigDict(frozen=True)
    shape: tuple[int, ...]
    dtype: str
    low: float = 0.0
    high: float = 1.0

    @property
    def dim(self) -> int:
        """Width of the encoding: the cells."""
        return math.prod(self.shape)

    @classmethod
    def infer(cls, name: str, images: Array) -> ConditionImage:
        """From (n, height, width) or (n, height, width, channels).

        The range is 0 .. 255, or 0 .. the highest where that is at most 63, of whole numbers; 0 .. 1 where all cells
        lie in it; else that of the cells.
        """
        if images.ndim > 4 or images.dtype.kind not in "biuf" or not images.size:
            raise InputError(
                f"Condition {name!r} of shape {images.shape} and type {images.dtype} came; a condition is one value "
                "a row, columns (n, columns), or images (n, height, width) or (n, height, width, channels) of numbers."
            )
        low, high = float(images.min()), float(images.max())
        if not math.isfinite(low) or not math.isfinite(high):
            raise InputError(f"The images of condition {name!r} hold NaN or inf: fill such cells, or drop such rows.")
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
        """One image for all rows, or one a row -> (n, dim) float32, 0 .. 1 in 256 steps; cells beyond are clipped."""
        if images.dtype.kind not in "biuf" or self.shape not in (images.shape, images.shape[1:]):
            raise InputError(
                f"Condition {name!r} takes images of shape {self.shape}, one for all rows or one for each; "
                f"shape {images.shape} of {images.dtype} came."
            )
        one = images.shape == self.shape
        if not one and len(images) != n:
            raise InputError(f"The condition has {len(images)} images for {n} rows of data; give one for each row.")
        cells = images.reshape(1 if one else n, -1).astype(np.float32)
        cells -= self.low
        cells *= STEPS / (self.high - self.low)
        if not np.isfinite(cells).all():
            raise InputError(f"The images of condition {name!r} hold NaN or inf: fill such cells.")
        if cells.size and (cells.min() < -STEPS or cells.max() > 2 * STEPS):
            raise InputError(
                f"The images of condition {name!r} hold {images.min():g} to {images.max():g}; this model was trained "
                f"on {self.low:g} to {self.high:g}: scale them."
            )
        encoded = np.clip(np.rint(cells), 0, STEPS) / np.float32(STEPS)
        return np.repeat(encoded, n, axis=0) if one else encoded

    def decode(self, encoded: Array) -> Array:
        """(n, dim) -> (n, *shape) as the user has them."""
        images = encoded.astype(np.float64).reshape(-1, *self.shape) * (self.high - self.low) + self.low
        return (images if np.dtype(self.dtype).kind == "f" else np.rint(images)).astype(self.dtype)

    def pack(self, encoded: Array) -> str:
        """(dim,) -> text for a file's header."""
        return b64encode(zlib.compress(np.rint(encoded * STEPS).astype(np.uint8).tobytes(), 9)).decode()

    def unpack(self, text: str) -> Array:
        """Of ``pack``; the text of an edited file is unpacked no further than an image is long."""
        try:
            cells = zlib.decompressobj().decompress(b64decode(text), self.dim + 1)
        except (zlib.error, ValueError) as problem:
            raise InputError(f"An image of the condition cannot be unpacked ({problem}).") from None
        if len(cells) != self.dim:
            raise InputError(f"An image of the condition has another number of cells than {self.dim}.")
        return np.frombuffer(cells, np.uint8).astype(np.float32) / np.float32(STEPS)

    def describe(self) -> str:
        """In words."""
        return f"images {'x'.join(map(str, self.shape))}, {self.low:g} to {self.high:g}"
