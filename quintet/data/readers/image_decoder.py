"""Decoding of image files with Pillow: pages, 16-bit channels, sizes and errors."""

from __future__ import annotations

import math
import struct
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.data.readers.decompression_limits import check_stated
from quintet.data.readers.frames import Array
from quintet.data.readers.image_modes import DEEP, INTEGER_GREY, bits, channels, mode_of, raw_mode, widened
from quintet.data.readers.opening import existing_file
from quintet.data.readers.tiff_directory import refuse_cut_directory
from quintet.errors import FileRefused
from quintet.extras import extra, installed

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageFile import ImageFile

DAMAGE = (OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, struct.error)
"""What Pillow raises for damaged files, beside its own errors."""
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
    """Read (height, width) and the mode of an image from its header; it must hold one picture."""
    with opened(path) as image:
        if (count := _page_count(image)) > 1:
            raise FileRefused(
                f"{path} must hold one picture, got {count} frames or pages: give pages='rows' or pages='bands' "
                "(--pages), or save each as its own file."
            )
        return next(_headers(image, path))


def probe_pages(path: Path) -> list[tuple[tuple[int, int], str]]:
    """Read (height, width) and the mode of each page or frame of an image file from their headers."""
    with opened(path) as image:
        return list(_headers(image, path))


def _headers(image: ImageFile, path: Path) -> Iterator[tuple[tuple[int, int], str]]:
    for page in _pages(image, path):
        (width, height), mode = page.size, mode_of(page, path)
        if page.getexif().get(0x0112, 1) >= 5:  # EXIF orientations 5 to 8 swap height and width
            width, height = height, width
        yield (height, width), mode


def decode_image(path: Path, mode: str, height: int, width: int) -> Array:
    """Decode the first page of an image to a mode and size, (height, width[, channels]), turned as its EXIF says.

    The dtype is uint8, or uint16 in the modes of 16 bits.
    """
    out = empty(mode, 1, height, width)
    decode_pages(path, mode, out)
    return np.asarray(out[0])


def decode_pages(path: Path, mode: str, out: Array) -> None:
    """Decode the first pages of an image file into ``out``, (pages, height, width[, channels]), resized to its size."""
    with opened(path) as image, opened(path) as again:
        for row, page, other in zip(out, _pages(image, path), _pages(again, path), strict=False):
            row[...] = resized(_pixels(page, other, mode, path), *out.shape[1:3])


def empty(mode: str, count: int, height: int, width: int) -> Array:
    """An uninitialised array for images of a mode, (count, height, width[, channels])."""
    last = (channels(mode),) if channels(mode) > 1 else ()
    return np.empty((count, height, width, *last), dtype=np.uint16 if bits(mode) == 16 else np.uint8)


def resized(pixels: Array, height: int, width: int) -> Array:
    """Resize an image, (height, width[, channels]) uint8 or uint16, by bilinear interpolation."""
    with extra("data", "Resizing pictures"):
        from PIL import Image

    if pixels.shape[:2] == (height, width):
        return pixels
    if pixels.dtype == np.uint8:
        return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))
    if pixels.ndim == 3:
        return np.stack([resized(pixels[..., i], height, width) for i in range(pixels.shape[2])], axis=-1)
    real = Image.fromarray(pixels.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(np.rint(np.asarray(real)).clip(0, 65535), dtype=np.uint16)


def _pages(image: ImageFile, path: Path) -> Iterator[ImageFile]:
    """The pages of an open image, each at its turn; one of formats whose further frames are no pictures."""
    count = _page_count(image)
    check_stated(path, path.stat().st_size, count * math.prod(image.size) * len(image.getbands()))
    for number in range(count):
        image.seek(number)
        if image.format == "TIFF":
            refuse_cut_directory(path, image.tag_v2.offset)  # type: ignore[attr-defined]
        yield image


def _page_count(image: ImageFile) -> int:
    return 1 if image.format in ONE_PICTURE else int(getattr(image, "n_frames", 1))


def _pixels(image: ImageFile, again: ImageFile, mode: str, path: Path) -> Array:
    """Pixels in the mode, (height, width[, channels]), turned as EXIF says; ``again`` is the same page once more."""
    if bits(mode) == 16:
        deep = _deep(image, path) if image.mode in INTEGER_GREY else _deep_colour(image, again, path)
        return widened(deep, mode)
    turned = _turned(image)
    return np.asarray(turned if turned.mode == mode else turned.convert(mode))


def _deep(image: ImageFile, path: Path) -> Array:
    """Grey pixels as uint16; raises FileRefused for values outside the range."""
    pixels = np.asarray(_turned(image))
    if pixels.min() < 0 or pixels.max() > 65535:
        raise FileRefused(
            f"Pixels must lie between 0 and 65535, got {pixels.min()} to {pixels.max()} in {path}: convert it, or give "
            "the rows as .npy."
        )
    return pixels.astype(np.uint16)


def _deep_colour(image: ImageFile, again: ImageFile, path: Path) -> Array:
    """Channels of 16 bits, (height, width, channels): Pillow's decoder gives one byte of each, so it is asked twice.

    Grey with alpha has four bytes a pixel, which are read as those of four channels.
    """
    if mode_of(image, path) == "LA" + DEEP:
        image.tile = [tile._replace(args=_with_raw_mode(tile.args, "RGBA")) for tile in image.tile]
        both = np.asarray(_turned(image)).astype(np.uint16)
        return np.asarray((both[..., ::2] << 8) | both[..., 1::2])
    for one, order in ((image, "B"), (again, "L")):
        one.tile = [tile._replace(args=_with_raw_mode(tile.args, _byte_of(tile.args, order))) for tile in one.tile]
    high, low = (np.asarray(_turned(one)).astype(np.uint16) for one in (image, again))
    return np.asarray((high << 8) | low)


def _byte_of(arguments: Any, order: str) -> str:
    """The raw mode that reads the high byte (``order`` "B") or the low byte ("L") of big-endian channels."""
    raw = str(raw_mode(arguments))
    native = "L" if sys.byteorder == "little" else "B"
    stored = raw[-1] if raw[-1] != "N" else native
    other = {"B": "L", "L": "B"}
    return raw[:-1] + (order if stored == "B" else other[order])


def _with_raw_mode(arguments: Any, raw: str) -> Any:
    if isinstance(arguments, tuple):
        return tuple(raw if isinstance(each, str) and DEEP in each else each for each in arguments)
    return raw


def _turned(image: Picture) -> Picture:
    with extra("data", "Reading pictures"):
        from PIL import ImageOps

    return ImageOps.exif_transpose(image)


@contextmanager
def opened(path: Path) -> Iterator[ImageFile]:
    """Open an image with Pillow; convert errors of Pillow to FileRefused until it is closed."""
    with extra("data", "Reading pictures"):
        from PIL import Image, UnidentifiedImageError

    existing_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # damaged metadata; damaged pixels raise errors
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # twice as many pixels raise an error
            with Image.open(path) as image:
                yield image
    except FileRefused:
        raise
    except (*DAMAGE, Image.DecompressionBombError) as error:
        reason = "unknown image format" if isinstance(error, UnidentifiedImageError) else str(error)
        raise FileRefused(f"Cannot read {path} as an image ({reason}): remove it or write it again.") from error
