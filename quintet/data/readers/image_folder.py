"""Reader of image folders, and writer of image grids as PNG."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from quintet.data.readers.frames import Array
from quintet.data.readers.image_cache import cached, decoded
from quintet.data.readers.image_decoder import is_image, resized
from quintet.data.readers.image_modes import CHANNELS
from quintet.data.readers.image_rows import image_rows
from quintet.data.readers.opening import similar
from quintet.data.writers.atomic_file import atomic
from quintet.errors import FileRefused, InputError
from quintet.extras import extra

Size = int | tuple[int, int]
SMALLEST_CELL = 28  # smaller images in a grid are enlarged by a whole factor to about this many pixels


@dataclass(frozen=True)
class Folder:
    """The images below a folder, in natural order.

    ``x`` is (n, height, width) or (n, height, width, channels) of uint8, or of uint16 for files of 16 bits; ``labels``
    (n,) is the subfolder of each image, or None without subfolders; ``names`` are the paths relative to the folder.
    """

    x: Array
    labels: npt.NDArray[np.str_] | None
    names: list[str]


def read_image_folder(folder: str | Path, size: Size | None = None, pages: str | None = None) -> Folder:
    """Read every image below a folder.

    Parameters
    ----------
    folder : holds images, or one subfolder of images per class.
    size : side, or (height, width), to which every image is resized; None if all have one size.
    pages : "rows" or "bands", what the pages of a file are; None refuses files with several.
    """
    folder = Path(folder)
    paths, labels = image_paths(folder)
    if not paths:
        raise FileRefused(f"{folder} must hold images that Pillow reads, such as .png or .jpg, got none.")
    return read_image_files(paths, folder, size, pages, labels)


def read_image_files(
    paths: list[Path],
    folder: Path,
    size: Size | None = None,
    pages: str | None = None,
    labels: npt.NDArray[np.str_] | None = None,
) -> Folder:
    """Read image files below a folder; ``labels`` are those of the files."""
    sides = None if size is None else as_size(size)
    if pages is None and (found := cached(paths, folder, sides)) is not None:
        return Folder(found, labels, [path.relative_to(folder).as_posix() for path in paths])
    rows = image_rows(paths, sides, pages)
    x = decoded(rows, folder, sides, pages)
    return Folder(x, None if labels is None else labels[rows.sources], rows.names(folder))


def resize(x: Array, size: Size) -> Array:
    """Resize images, (n, height, width) or (n, height, width, channels), of uint8 or uint16."""
    if x.dtype not in (np.uint8, np.uint16) or x.ndim not in (3, 4) or (x.ndim == 4 and x.shape[3] > 4):
        raise InputError(
            f"size= needs images of 8 bits or 16 bits, got rows of {x.dtype} and shape {x.shape[1:]}: leave it out."
        )
    height, width = as_size(size)
    out = np.empty((len(x), height, width, *x.shape[3:]), dtype=x.dtype)
    for row, image in zip(out, x, strict=True):
        row[:] = resized(image, height, width)
    return out


def as_size(size: Size) -> tuple[int, int]:
    """Expand ``size`` to (height, width)."""
    height, width = (size, size) if isinstance(size, int) else size
    if not (0 < height <= 65535 and 0 < width <= 65535):
        raise InputError(f"size must be one number or height and width, from 1 to 65535 pixels, got {size}.")
    return height, width


def save_grid(
    path: str | Path, images: Array, columns: int | None = None, *, levels: int = 256, force: bool = False
) -> None:
    """Write images side by side into one PNG.

    Parameters
    ----------
    path : the file to write.
    images : (n, height, width[, channels]); whole numbers 0 .. levels-1, or floats 0 .. 1.
    columns : images per row; about the square root of n if None.
    levels : number of grey levels of whole numbers: 256, or 17 for scikit-learn's digits.
    force : whether an existing file may be replaced.
    """
    with atomic(path, force=force) as file:
        write_grid(file, images, columns, levels=levels)


def write_grid(file: IO[bytes], images: Array, columns: int | None = None, *, levels: int = 256) -> None:
    """Write images side by side as one PNG to an open file; see ``save_grid``."""
    with extra("data", "Writing pictures"):
        from PIL import Image

    grid = make_grid(_as_bytes(images, levels), columns)
    Image.fromarray(grid).save(file, format="PNG", optimize=True)


def make_grid(images: npt.NDArray[np.uint8], columns: int | None = None, gap: int = 1) -> npt.NDArray[np.uint8]:
    """Arrange images, (n, height, width[, channels]), in one grid with ``gap`` grey pixels between them."""
    if images.ndim == 4 and images.shape[3] not in CHANNELS.values():
        images = np.moveaxis(images, 1, -1)  # channels first
    pictures = images.ndim == 3 or (images.ndim == 4 and images.shape[3] in CHANNELS.values())
    if not pictures or images.size == 0:
        raise InputError(f"A grid needs images, (n, height, width[, channels]), got an array of shape {images.shape}.")
    zoom = max(1, round(SMALLEST_CELL / max(images.shape[1:3])))
    images = images.repeat(zoom, axis=1).repeat(zoom, axis=2)
    n, height, width = images.shape[:3]
    columns = min(n, columns or math.ceil(math.sqrt(n)))
    rows = math.ceil(n / columns)
    shape = rows * (height + gap) - gap, columns * (width + gap) - gap, *images.shape[3:]
    grid = np.full(shape, 96, dtype=np.uint8)
    for i, image in enumerate(images):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        grid[top : top + height, left : left + width] = image
    return grid.reshape(grid.shape[:2]) if grid.shape[2:] == (1,) else grid


def _as_bytes(images: Array, levels: int) -> npt.NDArray[np.uint8]:
    images = np.asarray(images)
    if images.dtype == np.uint8 and levels == 256:
        return images
    top = 1 if images.dtype.kind in "fb" else levels - 1
    scaled = np.clip(np.nan_to_num(images), 0, top) * (255 / top)
    return np.asarray(np.rint(scaled), dtype=np.uint8)


def image_paths(folder: Path) -> tuple[list[Path], npt.NDArray[np.str_] | None]:
    """The images of a folder in natural order, and their subfolders, None without any."""
    if not folder.is_dir():
        raise FileRefused(f"There is no folder {folder}{similar(folder)}.")
    entries = sorted(folder.iterdir(), key=_natural)
    own = [path for path in entries if is_image(path)]
    subfolders = [path for path in entries if path.is_dir() and not path.name.startswith(".")]
    below = [(path, sub.name) for sub in subfolders for path in _images_below(sub)]
    if own and below:
        raise FileRefused(
            f"{folder} must hold images either itself or in subfolders, got both ({own[0].name} and {below[0][1]}): "
            "put "
            "all of them in subfolders, one per class, or none."
        )
    if below:
        return [path for path, _ in below], np.array([name for _, name in below])
    return own, None


def _images_below(folder: Path) -> list[Path]:
    """All images below a folder in natural order, except in hidden folders."""
    found = [path for path in folder.rglob("*") if is_image(path)]
    seen = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    return sorted(seen, key=_natural)


def _natural(path: Path) -> list[list[str | int]]:
    """Sort key of natural order: img2 before img10."""
    parts = [re.split(r"([0-9]+)", part) for part in path.parts]
    keys: list[list[str | int]] = [[int(p) if i % 2 else p for i, p in enumerate(pieces)] for pieces in parts]
    return [*keys, [path.as_posix()]]
