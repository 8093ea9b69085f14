"""The rows that image files give: their number, shape and names, known from the headers, and their cells."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quintet.data.readers.frames import Array
from quintet.data.readers.image_decoder import decode_pages, empty, probe, probe_pages
from quintet.data.readers.image_modes import bits, channels, common_mode
from quintet.errors import FileRefused

PAGES = ("rows", "bands")
"""What the pages or frames of one file are: rows of their own, or the bands of one row."""
LAST = 4
"""Most bands that are the last axis of a row; more are its first axis, as in ``RowLayout``."""


@dataclass(frozen=True)
class ImageRows:
    """The rows of image files.

    ``counts`` are the pages that are read of each file, ``mode`` holds all pages without loss, and ``bands`` says
    whether the pages of a file are the bands of one row.
    """

    paths: list[Path]
    counts: list[int]
    mode: str
    height: int
    width: int
    bands: bool = False

    def __len__(self) -> int:
        return len(self.paths) if self.bands else sum(self.counts)

    @property
    def row_shape(self) -> tuple[int, ...]:
        """(height, width), (height, width, channels), or (bands, height, width) with more than four bands."""
        count, size = self.counts[0] if self.bands else channels(self.mode), (self.height, self.width)
        if count == 1:
            return size
        return (*size, count) if count <= LAST else (count, *size)

    @property
    def dtype(self) -> np.dtype[np.uint8] | np.dtype[np.uint16]:
        """uint8, or uint16 of files of 16 bits."""
        return np.dtype(np.uint16) if bits(self.mode) == 16 else np.dtype(np.uint8)

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return len(self) * math.prod(self.row_shape) * self.dtype.itemsize

    @property
    def sources(self) -> list[int]:
        """The number of the file of each row, (n,)."""
        if self.bands:
            return list(range(len(self.paths)))
        return [number for number, count in enumerate(self.counts) for _ in range(count)]

    def names(self, folder: Path) -> list[str]:
        """The file of each row relative to the folder, with the page of files that give several: ``a.tif[2]``."""
        found = []
        for path, count in zip(self.paths, self.counts, strict=True):
            name = path.relative_to(folder).as_posix()
            alone = self.bands or count == 1
            found += [name] if alone else [f"{name}[{page}]" for page in range(count)]
        return found

    def parts(self) -> Iterator[Array]:
        """The rows of one file after the other, each (rows, *row_shape)."""
        for path, count in zip(self.paths, self.counts, strict=True):
            pages = empty(self.mode, count, self.height, self.width)
            decode_pages(path, self.mode, pages)
            yield self._one_row(pages) if self.bands else pages

    def fill(self, out: Array) -> None:
        """Decode all rows into ``out``, (n, *row_shape), which may be mapped from a file."""
        start = 0
        for part in self.parts():
            out[start : start + len(part)] = part
            start += len(part)

    def _one_row(self, pages: Array) -> Array:
        last = np.moveaxis(pages, 0, -1) if len(pages) <= LAST else pages
        return np.asarray(last.reshape(1, *self.row_shape))


def image_rows(paths: Sequence[Path], size: tuple[int, int] | None, pages: str | None = None) -> ImageRows:
    """Read the headers of image files.

    Parameters
    ----------
    paths : at least one.
    size : (height, width) to which every image is resized; None if all have one size.
    pages : "rows" or "bands", what the pages of a file are; None refuses files with several.
    """
    found = [[probe(path)] if pages is None else probe_pages(path) for path in paths]
    every = [(path, *page) for path, own in zip(paths, found, strict=True) for page in own]
    if size is None:
        first, shape, _ = every[0]
        for path, other, _ in every:
            if other != shape:
                raise FileRefused(
                    f"All images must have one size, got {_by(shape)} pixels in {first} and {_by(other)} in {path}: "
                    "give size= (--size) to resize them, or train on patches (cut_patches, `fit --patch 16x16`)."
                )
    mode = common_mode([path for path, _, _ in every], [mode for _, _, mode in every])
    counts = [len(own) for own in found]
    if pages == "bands":
        _refuse_bands(paths, counts, mode)
    height, width = every[0][1] if size is None else size
    return ImageRows(list(paths), counts, mode, height, width, pages == "bands")


def _refuse_bands(paths: Sequence[Path], counts: list[int], mode: str) -> None:
    """Refuse pages that are no bands: with several channels, or of another number in another file."""
    if channels(mode) > 1:
        raise FileRefused(
            f"Pages that are bands must have one channel each, got {mode} in {paths[0].parent}: give pages='rows' "
            "(--pages rows)."
        )
    for path, count in zip(paths, counts, strict=True):
        if count != counts[0]:
            raise FileRefused(
                f"All files must have one number of bands, got {counts[0]} pages in {paths[0]} and {count} in {path}: "
                "give the files of each number apart."
            )


def _by(shape: tuple[int, int]) -> str:
    return f"{shape[1]}×{shape[0]}"
