"""Modes of images: channels and bits per channel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quintet.data.readers.frames import Array
from quintet.errors import FileRefused

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
"""Channels of each mode of 8 bits a channel."""
DEEP = ";16"
"""Suffix of the modes of 16 bits a channel."""
INTEGER_GREY = ("I", "I;16", "I;16L", "I;16B", "I;16N")
PLANAR, BITS_PER_SAMPLE = 284, 258
"""Tags of TIFF."""


def bits(mode: str) -> int:
    """Bits per channel, 8 or 16."""
    return 16 if mode.endswith(DEEP) else 8


def channels(mode: str) -> int:
    """Number of channels, 1 to 4."""
    return CHANNELS[mode.removesuffix(DEEP)]


def mode_of(image: ImageFile, path: Path) -> str:
    """The mode that reads an image without loss; raises FileRefused if there is none."""
    if image.mode == "F":
        raise FileRefused(
            f"Pixels must be integers of 8 or 16 bits, got 32-bit floats in {path}: convert it, or give the rows as "
            ".npy."
        )
    if image.mode in INTEGER_GREY:
        return "L" + DEEP
    if image.mode in ("1", "L"):
        return "L"
    if _narrowed(image):
        return _deep_colour(image, path)
    alpha = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    return "LA" if image.mode == "LA" else "RGBA" if alpha else "RGB"


def common_mode(paths: Sequence[Path], modes: Sequence[str]) -> str:
    """The narrowest mode that holds the modes of all paths without loss."""
    depths = [bits(mode) for mode in modes]
    if len(set(depths)) > 1:
        deep, other = depths.index(16), depths.index(8)
        raise FileRefused(
            f"All images must have one bit depth, got 16 bits per channel in {paths[deep]} and 8 bits per channel in "
            f"{paths[other]}: convert them."
        )
    names = {mode.removesuffix(DEEP) for mode in modes}
    alpha, colour = bool({"LA", "RGBA"} & names), bool({"RGB", "RGBA"} & names)
    widest = ("RGBA" if colour else "LA") if alpha else ("RGB" if colour else "L")
    return widest + DEEP * (depths[0] == 16)


def widened(pixels: Array, mode: str) -> Array:
    """Pixels (height, width[, channels]) in a mode with at least as many channels: grey thrice, alpha opaque."""
    wanted, given = channels(mode), 1 if pixels.ndim == 2 else pixels.shape[2]
    if wanted == given:
        return pixels
    cells = pixels[..., None] if pixels.ndim == 2 else pixels
    colour = cells[..., :1] if given < 3 else cells[..., :3]
    colour = np.repeat(colour, 3, axis=2) if wanted > 2 and given < 3 else colour
    if wanted in (1, 3):
        return np.ascontiguousarray(colour)
    opaque = np.full((*pixels.shape[:2], 1), np.iinfo(pixels.dtype).max, dtype=pixels.dtype)
    return np.concatenate([colour, cells[..., -1:] if given in (2, 4) else opaque], axis=2)


def _deep_colour(image: ImageFile, path: Path) -> str:
    """The mode of an image of several channels of 16 bits, from which Pillow's decoder can give both bytes."""
    raw = str(raw_mode(image.tile[0].args)).split(";", maxsplit=1)[0]
    if raw not in ("LA", "RGB", "RGBA") or _is_deep_planar(image):
        raise FileRefused(
            f"Colour images of this format must have 8 bits per channel, got 16 in {path}, which would be truncated: "
            "save it as .png or .tiff, or give the rows as .npy."
        )
    return raw + DEEP


def raw_mode(arguments: object) -> str | None:
    """The layout of 16-bit pixels in the arguments of a decoder, such as ``RGB;16B``; None for other pixels."""
    several = arguments if isinstance(arguments, tuple) else (arguments,)
    return next((a for a in several if isinstance(a, str) and DEEP in a), None)


def _narrowed(image: ImageFile) -> bool:
    """Whether Pillow would truncate channels of more than 8 bits, from the arguments of its decoder."""
    if _is_deep_planar(image):
        return True
    for tile in getattr(image, "tile", ()):
        if raw_mode(tile[3]) is not None:
            return True
        arguments = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        if str(tile[0]).startswith("ppm") and arguments[-1] > 255:
            return True
    return False


def _is_deep_planar(image: ImageFile) -> bool:
    """Whether a TIFF stores channels of more than 8 bits one after the other, which Pillow reads as 8 bits."""
    tags = getattr(image, "tag_v2", {})
    return bool(tags.get(PLANAR, 1) == 2 and max(tags.get(BITS_PER_SAMPLE, (1,))) > 8)
