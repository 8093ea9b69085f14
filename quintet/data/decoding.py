"""One image file -> pixels, through Pillow; whatever is wrong with it in one sentence."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quintet.data.files import existing_file
from quintet.data.frames import Array
from quintet.errors import FileRefused

if TYPE_CHECKING:
    from PIL import Image

CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}


def is_image(path: Path) -> bool:
    """Whether the file's name ends as that of an image does."""
    from PIL import Image

    if path.name.startswith("."):
        return False
    return path.suffix.lower() in Image.registered_extensions() and path.suffix.lower() != ".pdf" and path.is_file()


def probe(path: Path) -> tuple[tuple[int, int], str]:
    """(height, width) and the mode in which the image is read, from its header."""
    with _opened(path) as image:
        width, height = image.size
        if image.getexif().get(0x0112, 1) >= 5:  # the camera was turned: see decode
            width, height = height, width
        if image.mode in ("I", "F"):
            raise FileRefused(f"{path} has 32-bit pixels; 8 or 16 bits are read: convert it, or give the rows as .npy.")
        if image.mode in ("1", "L", "I;16", "I;16L", "I;16B"):
            return (height, width), "L"
        alpha = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
        return (height, width), "LA" if image.mode == "LA" else "RGBA" if alpha else "RGB"


def common_mode(modes: set[str]) -> str:
    """The narrowest mode that holds all."""
    alpha, colour = bool(modes & {"LA", "RGBA"}), bool(modes & {"RGB", "RGBA"})
    return ("RGBA" if colour else "LA") if alpha else ("RGB" if colour else "L")


def decode(path: Path, mode: str, height: int, width: int) -> Array:
    """One image's pixels in a mode and size, (height, width[, channels]) uint8, turned as its camera was held."""
    from PIL import ImageOps

    with _opened(path) as image:
        return _fitted(ImageOps.exif_transpose(image), mode, height, width)


def _fitted(image: Image.Image, mode: str, height: int, width: int) -> Array:
    from PIL import Image

    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    image = image if image.mode == mode else image.convert(mode)
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Pillow's image, with whatever goes wrong until it is closed told in one sentence."""
    from PIL import Image, UnidentifiedImageError

    existing_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # broken metadata; broken pixels are errors
            with Image.open(path) as image:
                yield image
    except FileRefused:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        trouble = "no image that Pillow knows" if isinstance(error, UnidentifiedImageError) else str(error)
        raise FileRefused(f"{path} cannot be read as an image ({trouble}); remove it or write it again.") from error
