"""Decoding of image files with Pillow: modes, sizes and errors."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quintet.data.readers.decompression_limits import check_stated
from quintet.data.readers.frames import Array
from quintet.data.readers.opening import existing_file
from quintet.errors import FileRefused
from quintet.extras import extra, installed

if TYPE_CHECKING:
    from PIL import Image

CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
DEEP = "I;16"
"""The mode of one grey channel of 16 bits; all other modes have 8 bits per channel."""
INTEGER_GREY = ("I", "I;16", "I;16L", "I;16B", "I;16N")
ONE_PICTURE = ("MPO", "PSD", "ICO", "ICNS")
"""Formats whose further frames are previews, layers or resized copies of the first."""


def is_image(path: Path) -> bool:
    """Whether the file has the suffix of an image format and is not hidden."""
    return not path.name.startswith(".") and path.suffix.lower() in _suffixes() and path.is_file()


def _suffixes() -> set[str]:
    """Suffixes of the formats that Pillow reads; common ones without Pillow, so that reading raises a clear error."""
    if not installed("PIL"):
        return {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
    with extra("data", "Reading pictures"):
        from PIL import Image

    return set(Image.registered_extensions()) - {".pdf"}


def probe(path: Path) -> tuple[tuple[int, int], str]:
    """Read (height, width) and the mode of an image from its header."""
    with _opened(path) as image:
        (width, height), mode = image.size, _mode(image, path)
        if image.getexif().get(0x0112, 1) >= 5:  # EXIF orientations 5 to 8 swap height and width
            width, height = height, width
        return (height, width), mode


def common_mode(paths: Sequence[Path], modes: Sequence[str]) -> str:
    """The narrowest mode that holds the modes of all paths without loss."""
    if DEEP in modes and set(modes) != {DEEP}:
        other = next(i for i, mode in enumerate(modes) if mode != DEEP)
        raise FileRefused(
            f"All images must have one bit depth, got 16 bits per pixel in {paths[modes.index(DEEP)]} and 8 bits per "
            f"channel in {paths[other]}: convert them."
        )
    if DEEP in modes:
        return DEEP
    alpha, colour = bool({"LA", "RGBA"} & {*modes}), bool({"RGB", "RGBA"} & {*modes})
    return ("RGBA" if colour else "LA") if alpha else ("RGB" if colour else "L")


def empty(mode: str, count: int, height: int, width: int) -> Array:
    """An uninitialised array for images of a mode, (count, height, width[, channels])."""
    channels = (CHANNELS[mode],) if CHANNELS.get(mode, 1) > 1 else ()
    return np.empty((count, height, width, *channels), dtype=np.uint16 if mode == DEEP else np.uint8)


def decode_image(path: Path, mode: str, height: int, width: int) -> Array:
    """Decode an image to a mode and size, (height, width[, channels]), rotated by its EXIF orientation.

    The dtype is uint8, or uint16 in the mode ``DEEP``.
    """
    with extra("data", "Reading pictures"):
        from PIL import ImageOps

    with _opened(path) as image:
        turned = ImageOps.exif_transpose(image)
        if mode == DEEP:
            return resized(_deep(turned, path), height, width)
        turned = turned if turned.mode == mode else turned.convert(mode)
        return resized(np.asarray(turned), height, width)


def resized(pixels: Array, height: int, width: int) -> Array:
    """Resize an image, (height, width[, channels]) uint8 or uint16, by bilinear interpolation."""
    with extra("data", "Resizing pictures"):
        from PIL import Image

    if pixels.shape[:2] == (height, width):
        return pixels
    if pixels.dtype == np.uint8:
        return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))
    real = Image.fromarray(pixels.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(np.rint(np.asarray(real)).clip(0, 65535), dtype=np.uint16)


def _mode(image: Image.Image, path: Path) -> str:
    """The mode that reads an image without loss; raises FileRefused if there is none."""
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format not in ONE_PICTURE:
        raise FileRefused(f"{path} must hold one picture, got {frames} frames or pages: save each as its own file.")
    if image.mode == "F":
        raise FileRefused(
            f"Pixels must be integers of 8 or 16 bits, got 32-bit floats in {path}: convert it, or give the rows as "
            ".npy."
        )
    if image.mode in INTEGER_GREY:
        return DEEP
    if image.mode not in ("1", "L") and _narrowed(image):
        raise FileRefused(
            f"Colour images must have 8 bits per channel, got 16 in {path}, which Pillow would truncate: give the rows "
            "as .npy, or convert it to 8 bits."
        )
    if image.mode in ("1", "L"):
        return "L"
    alpha = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    return "LA" if image.mode == "LA" else "RGBA" if alpha else "RGB"


def _narrowed(image: Image.Image) -> bool:
    """Whether Pillow would truncate channels of more than 8 bits, from the arguments of its decoder."""
    for tile in getattr(image, "tile", ()):
        arguments = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        for argument in arguments:
            if isinstance(argument, str) and ";16" in argument:
                return True
        if str(tile[0]).startswith("ppm") and arguments[-1] > 255:
            return True
    return False


def _deep(image: Image.Image, path: Path) -> Array:
    """Grey pixels as uint16; raises FileRefused for values outside the range."""
    pixels = np.asarray(image)
    if pixels.min() < 0 or pixels.max() > 65535:
        raise FileRefused(
            f"Pixels must lie between 0 and 65535, got {pixels.min()} to {pixels.max()} in {path}: convert it, or give "
            "the rows as .npy."
        )
    return pixels.astype(np.uint16)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image with Pillow; convert errors of Pillow to FileRefused until it is closed."""
    with extra("data", "Reading pictures"):
        from PIL import Image, UnidentifiedImageError

    existing_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # damaged metadata; damaged pixels raise errors
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # twice as many pixels raise an error
            with Image.open(path) as image:
                check_stated(path, path.stat().st_size, math.prod(image.size) * len(image.getbands()))
                yield image
    except FileRefused:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        reason = "unknown image format" if isinstance(error, UnidentifiedImageError) else str(error)
        raise FileRefused(f"Cannot read {path} as an image ({reason}): remove it or write it again.") from error
