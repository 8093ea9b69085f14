"""Pixels packed without a model, for the strips at the edges and for pictures that no model shortens."""

from __future__ import annotations

import zlib

import numpy as np

from quintet.codec.container.packing import pack, unpack
from quintet.data.patches.packing import AXES, filtered, unfiltered
from quintet.data.schema import Array
from quintet.errors import FileRefused


def packed_pixels(parts: list[Array]) -> bytes:
    """Pixels by a plain filter, the one that a quick packer likes best, and the strongest general packer."""
    if not parts:
        return b""

    def content(way: int) -> bytes:
        return b"".join(filtered(part, AXES[way]) for part in parts)

    best = min(range(len(AXES)), key=lambda way: len(zlib.compress(content(way), 1)))
    return bytes([best]) + pack(content(best))


def unpacked_pixels(content: bytes, shapes: list[tuple[int, ...]], dtype: np.dtype) -> list[Array]:
    if not shapes:
        return []
    ends = np.cumsum([int(np.prod(shape)) * dtype.itemsize for shape in shapes]).tolist()
    if not content or content[0] >= len(AXES):
        raise FileRefused("The compressed pictures name a filter that no version writes.")
    plain, axes = unpack(content[1:], ends[-1]), AXES[content[0]]
    starts = [0, *ends[:-1]]
    return [unfiltered(plain[a:b], axes, shape, dtype) for a, b, shape in zip(starts, ends, shapes, strict=True)]
