"""One image file -> pixels, through Pillow; whatever is wrong with it in one sentence."""

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
"""The mode of one grey channel of 16 bits; all others have 8 bits a channel."""
INTEGER_GREY = ("I", "I;16", "I;16L", "I;16B", "I;16N")
ONE_PICTURE = ("MPO", "PSD", "ICO", "ICNS")
"""Formats whose further frames are previews, layers or sizes of the first."""


def is_image(path: Path) -> bool:
    """Whether the file's name ends as that of an image does."""
    return not path.name.startswith(".") and path.suffix.lower() in _suffixes() and path.is_file()


def _suffixes() -> set[str]:
    """Endings of the pictures that Pillow reads; the usual ones where it is missing, for a sentence that says so."""
    if not installed("PIL"):
        return {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
    with extra("data", "Reading pictures"):
        from PIL import Image

    return set(Image.registered_extensions()) - {".pdf"}


def probe(path: Path) -> tuple[tuple[int, int], str]:
    """(height, width) and the mode in which the image is read, from its header."""
    with _opened(path) as image:
        (width, height), mode = image.size, _mode(image, path)
        if image.getexif().get(0x0112, 1) >= 5:  # the camera was turned: see decode
            width, height = height, width
        return (height, width), mode


def common_mode(paths: Sequence[Path], modes: Sequence[str]) -> str:
    """The narrowest mode that holds all, one for each path."""
    if DEEP in modes and set(modes) != {DEEP}:
        other = next(i for i, mode in enumerate(modes) if mode != DEEP)
        raise FileRefused(
            f"{paths[modes.index(DEEP)]} has 16 bits a pixel but {paths[other]} has 8 bits a channel; all images need "
            "one depth: convert them."
        )
    if DEEP in modes:
        return DEEP
    alpha, colour = bool({"LA", "RGBA"} & {*modes}), bool({"RGB", "RGBA"} & {*modes})
    return ("RGBA" if colour else "LA") if alpha else ("RGB" if colour else "L")


def empty(mode: str, count: int, height: int, width: int) -> Array:
    """Room for images in a mode, (count, height, width[, channels])."""
    channels = (CHANNELS[mode],) if CHANNELS.get(mode, 1) > 1 else ()
    return np.empty((count, height, width, *channels), dtype=np.uint16 if mode == DEEP else np.uint8)


def decode_image(path: Path, mode: str, height: int, width: int) -> Array:
    """One image's pixels in a mode and size, (height, width[, channels]), turned as its camera was held.

    They are uint8, and uint16 in the mode ``DEEP``.
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
    """One image, (height, width[, channels]) uint8 or uint16, in another size by bilinear interpolation."""
    with extra("data", "Resizing pictures"):
        from PIL import Image

    if pixels.shape[:2] == (height, width):
        return pixels
    if pixels.dtype == np.uint8:
        return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))
    real = Image.fromarray(pixels.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(np.rint(np.asarray(real)).clip(0, 65535), dtype=np.uint16)


def _mode(image: Image.Image, path: Path) -> str:
    """The mode in which an image is read without loss; what cannot be is refused."""
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format not in ONE_PICTURE:
        raise FileRefused(
            f"{path} has {frames} frames or pages; one picture a file is read: save each as its own file."
        )
    if image.mode == "F":
        raise FileRefused(
            f"{path} has 32-bit pixels; whole numbers of 8 or 16 bits are read: convert it, or give the rows as .npy."
        )
    if image.mode in INTEGER_GREY:
        return DEEP
    if image.mode not in ("1", "L") and _narrowed(image):
        raise FileRefused(
            f"{path} has 16 bits a channel in several channels, of which Pillow reads 8: give the rows as .npy, "
            "or convert it to 8 bits."
        )
    if image.mode in ("1", "L"):
        return "L"
    alpha = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    return "LA" if image.mode == "LA" else "RGBA" if alpha else "RGB"


def _narrowed(image: Image.Image) -> bool:
    """Whether Pillow is about to read more than 8 bits a channel into 8: its decoder's arguments say so."""
    for tile in getattr(image, "tile", ()):
        arguments = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        for argument in arguments:
            if isinstance(argument, str) and ";16" in argument:
                return True
        if str(tile[0]).startswith("ppm") and arguments[-1] > 255:
            return True
    return False


def _deep(image: Image.Image, path: Path) -> Array:
    """Grey pixels as uint16, unless some do not fit."""
    pixels = np.asarray(image)
    if pixels.min() < 0 or pixels.max() > 65535:
        raise FileRefused(
            f"{path} has 32-bit pixels, from {pixels.min()} to {pixels.max()}; 0 to 65535 are read: convert it, or "
            "give the rows as .npy."
        )
    return pixels.astype(np.uint16)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Pillow's image; whatever goes wrong until it is closed is raised in one sentence."""
    with extra("data", "Reading pictures"):
        from PIL import Image, UnidentifiedImageError

    existing_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # broken metadata; broken pixels are errors
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # twice as many pixels are an error
            with Image.open(path) as image:
                check_stated(path, path.stat().st_size, math.prod(image.size) * len(image.getbands()))
                yield image
    except FileRefused:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        trouble = "no image that Pillow knows" if isinstance(error, UnidentifiedImageError) else str(error)
        raise FileRefused(f"{path} cannot be read as an image ({trouble}); remove it or write it again.") from error
