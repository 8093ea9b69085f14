"""Pictures of any size, from stacks, lists and folders, and random patches of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quintet.arguments import Count, RowsOrFolder, Seed, Side
from quintet.data.patches.grid import Tiling
from quintet.data.readers.frames import Array, to_numpy
from quintet.data.readers.image_decoder import decode_image, probe
from quintet.data.readers.image_folder import as_size, image_paths
from quintet.data.readers.image_metadata import PictureFile, picture_file
from quintet.data.readers.image_modes import CHANNELS, common_mode
from quintet.entry_points import public
from quintet.errors import FileRefused, InputError
from quintet.numerics.memory import hold_room

ENOUGH = 20
"""Number of pictures from which whole pictures are groups; with fewer, groups are blocks of a picture."""
BLOCK = 4
"""Side of a block in patches."""


@dataclass(frozen=True)
class Pictures:
    """Pictures in memory: ``all``, each (height, width[, channels]); ``stacked``: whether given as one array.

    ``files`` are those of the pictures, or empty.
    """

    all: list[Array]
    stacked: bool
    files: tuple[PictureFile, ...] = ()

    @classmethod
    def of(cls, images: Any) -> Pictures:
        """A stack (n, height, width[, channels]), or a list of pictures whose sizes may differ."""
        if isinstance(images, Pictures):
            return images
        if isinstance(images, list | tuple):
            found = [to_numpy(image)[0] for image in images]
        else:
            stack = to_numpy(images)[0]
            if stack.ndim not in (3, 4):
                raise InputError(
                    f"Pictures must be (n, height, width[, channels]) or a list, got an array of shape {stack.shape}: "
                    "give picture[None] for one."
                )
            found = list(stack)
        _check(found)
        return cls(found, not isinstance(images, list | tuple))

    def __len__(self) -> int:
        return len(self.all)

    def like(self, answers: Sequence[Array]) -> Any:
        """Results in the form of the input: one array for a stack, a list for a list."""
        return np.stack(list(answers)) if self.stacked else list(answers)


def read_pictures(folder: str | Path) -> Pictures:
    """All images below a folder, or one image file, each in its own size, with their files' metadata."""
    paths = _paths(folder)
    top = Path(folder) if Path(folder).is_dir() else Path(folder).parent
    files = tuple(picture_file(path, path.relative_to(top).as_posix()) for path in paths)
    pictures = list(_decoded(paths))
    _check(pictures)
    return Pictures(pictures, False, files)


@public
def cut_patches(
    images: RowsOrFolder, size: Side = 16, n: Count = 20_000, *, random_state: Seed = 0, return_groups: bool = False
) -> Any:
    """Patches cut at random from pictures, (n, height, width[, channels]): the rows that a model of patches trains on.

    Parameters
    ----------
    images : a stack (k, height, width[, channels]), a list of pictures of any sizes, or a folder, of which one image
        is in memory at a time.
    size : side of a patch, or (height, width).
    n : number of patches; each picture contributes in proportion to its area.
    random_state : seed.
    return_groups : return (patches, groups). Patches of different groups share no pixel, so that ``fit(..., groups=)``
        holds out rows that share no pixel with training rows. A group is a picture or, with fewer than 20 pictures,
        a block of one.
    """
    height, width = as_size(size)
    hold_room("n", n, height * width, "cut fewer")
    source, sizes = _source(images)
    for index, (high, wide) in enumerate(sizes):
        if high < height or wide < width:
            raise InputError(
                f"Pictures must be at least as large as the patches, {width}×{height} pixels, got {wide}×{high} for "
                f"picture {index}: leave it out, or cut smaller patches."
            )
    area = np.array([high * wide for high, wide in sizes], dtype=np.float64)
    ends = np.rint(np.cumsum(area) / area.sum() * n).astype(np.int64)
    rng, out, groups, known = np.random.default_rng(random_state), None, np.empty(n, dtype=np.int64), 0
    for index, picture in enumerate(source):
        part = slice(int(ends[index - 1]) if index else 0, int(ends[index]))
        blocks = _blocks(sizes[index], (height, width), len(sizes))
        tiling, group = _random(blocks, (height, width), part.stop - part.start, rng)
        if out is None:
            out = np.empty((n, height, width, *picture.shape[2:]), dtype=picture.dtype)
        out[part] = tiling.cut(picture, np.arange(len(tiling)))
        groups[part] = group + known
        known += len(blocks)
    order = rng.permutation(n)
    assert out is not None
    for axis in (out, groups):
        axis[:] = axis[order]
    return (out, groups) if return_groups else out


def _random(blocks: Array, size: tuple[int, int], n: int, rng: np.random.Generator) -> tuple[Tiling, Array]:
    """Draw ``n`` patches, each within one block, uniformly over positions; return them and their blocks."""
    room = blocks[:, 2:] - size + 1
    group = rng.choice(len(blocks), n, p=room.prod(1) / room.prod(1).sum())
    corners = blocks[group, :2] + np.floor(rng.random((n, 2)) * room[group]).astype(np.int64)
    return Tiling(corners, size), group


def _blocks(picture: tuple[int, int], size: tuple[int, int], pictures: int) -> Array:
    """Blocks that partition a picture, (k, 4): top, left, height, width; one block if there are enough pictures."""
    counts = [1 if pictures >= ENOUGH else max(1, side // (BLOCK * n)) for side, n in zip(picture, size, strict=True)]
    tops, lefts = (np.linspace(0, side, k + 1).astype(np.int64) for side, k in zip(picture, counts, strict=True))
    at = np.stack(np.meshgrid(tops[:-1], lefts[:-1], indexing="ij"), -1).reshape(-1, 2)
    extent = np.stack(np.meshgrid(np.diff(tops), np.diff(lefts), indexing="ij"), -1).reshape(-1, 2)
    return np.concatenate([at, extent], axis=1)


def _source(images: Any) -> tuple[Iterator[Array], list[tuple[int, int]]]:
    """The pictures one after the other, and the height and width of each."""
    if isinstance(images, str | Path):
        paths = _paths(images)
        return _decoded(paths), [probe(path)[0] for path in paths]
    pictures = Pictures.of(images).all
    return iter(pictures), [(picture.shape[0], picture.shape[1]) for picture in pictures]


def _paths(folder: str | Path) -> list[Path]:
    """All image files below a folder, or the one image file that it is."""
    paths = [Path(folder)] if Path(folder).is_file() else image_paths(Path(folder))[0]
    if not paths:
        raise FileRefused(f"{folder} must hold images that Pillow reads, such as .png or .jpg, got none.")
    return paths


def _decoded(paths: list[Path]) -> Iterator[Array]:
    shapes, modes = zip(*(probe(path) for path in paths), strict=True)
    mode = common_mode(paths, modes)
    for path, (height, width) in zip(paths, shapes, strict=True):
        yield decode_image(path, mode, height, width)


def _check(found: list[Array]) -> None:
    if not found:
        raise InputError(
            "images must hold at least one picture, (height, width) or (height, width, channels), got none."
        )
    for index, picture in enumerate(found):
        many = picture.ndim == 3 and picture.shape[2] > len(CHANNELS)
        if picture.ndim not in (2, 3) or 0 in picture.shape or many:
            raise InputError(
                f"Pictures must be (height, width) or (height, width, channels) with at most {len(CHANNELS)} channels, "
                f"got shape {picture.shape} for picture {index}."
            )
        if picture.dtype != found[0].dtype or picture.shape[2:] != found[0].shape[2:]:
            raise InputError(
                f"Pictures must have one dtype and number of channels, got {picture.dtype} with "
                f"{picture.shape[2:] or 1} for picture {index} and {found[0].dtype} with {found[0].shape[2:] or 1} for "
                "the first: convert them."
            )
