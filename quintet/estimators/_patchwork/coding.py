"""Pictures to one file: whole tiles by the model, what is left at the edges by the model or by a plain packer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from quintet.data.patches.edges import edge_marks, edge_tiles, edges_of, lay_edge
from quintet.data.patches.grid import from_tiles, tiles
from quintet.data.patches.pictures import Pictures
from quintet.data.schema import Array
from quintet.estimators._patchwork.file_format import (
    BLOCKED,
    EDGE_TILES,
    PACKED,
    TILED,
    PictureFormat,
    closed,
    head,
    opened,
)
from quintet.estimators._patchwork.input import patch_size
from quintet.estimators._patchwork.lossy_coding import decompress_lossily
from quintet.estimators._patchwork.plain_packing import packed_pixels, unpacked_pixels

TILES = 16_384
"""Tiles of one blob, so that memory is bounded."""


def compress_pictures(vae: Any, pictures: Pictures, **options: Any) -> bytes:
    """The file's bytes: the shorter of tiles by the model and of all pixels packed without it."""
    size, all_ = patch_size(vae.schema_), pictures.all
    sizes = [(p.shape[0], p.shape[1]) for p in all_]
    form = PictureFormat(pictures.stacked, all_[0].dtype, all_[0].shape[2:], sizes, pictures.files)
    tiled = head(form, TILED)
    for some in _gathered((tiles(picture, size) for picture in all_), TILES):
        tiled.blob(vae.compress(some, **options))
    edges = [part for picture in all_ for part in edges_of(picture, size)]
    choices = [(PACKED, packed_pixels(edges))]
    if edges:
        beyond = np.concatenate([edge_tiles(picture, size) for picture in all_])
        choices.append((EDGE_TILES, vae.compress(beyond, **options)))
    way, content = min(choices, key=lambda choice: len(choice[1]))
    tiled.data += bytes([way]) + content
    plain = head(form, PACKED)
    plain.data += packed_pixels(all_)
    return closed(min(tiled, plain, key=lambda writer: len(writer.data)))


def decompress_pictures(vae: Any, blob: bytes, **options: Any) -> Any:
    """The pictures of ``compress_pictures``, bit for bit, or of ``compress_lossily``, in the form given to it."""
    how, form, inside = opened(bytes(blob))
    if how == BLOCKED:
        return decompress_lossily(vae, form, inside)
    shapes = [(*size, *form.channels) for size in form.sizes]
    if how == PACKED:
        return form.whole(unpacked_pixels(inside.rest(), shapes, form.dtype))
    size, pictures = patch_size(vae.schema_), [np.empty(shape, form.dtype) for shape in shapes]
    counts = [(high // size[0]) * (wide // size[1]) for high, wide in form.sizes]
    cut = (vae.decompress(inside.blob(), **options) for _ in range(-(-sum(counts) // TILES)))
    for picture, own in zip(pictures, _parted(cut, counts), strict=True):
        inner = from_tiles(own, (picture.shape[0], picture.shape[1]))
        picture[: inner.shape[0], : inner.shape[1]] = inner
    way, rest = inside.take(1)[0], inside.rest()
    edges = [part for picture in pictures for part in edges_of(picture, size)]  # views, to be written to
    if way == PACKED:
        found = unpacked_pixels(rest, [edge.shape for edge in edges], form.dtype)
        for edge, values in zip(edges, found, strict=True):
            edge[...] = values
    else:
        marks = [edge_marks(high_wide, size) for high_wide in form.sizes]
        own_tiles = _parted(iter([vae.decompress(rest, **options)]), [int(mark.sum()) for mark in marks])
        for picture, mark, own in zip(pictures, marks, own_tiles, strict=True):
            lay_edge(picture, mark, own)
    return form.whole(pictures)


def _gathered(arrays: Iterator[Array], most: int) -> Iterator[Array]:
    """Arrays joined and parted into ones of ``most`` rows, the last one shorter."""
    kept: list[Array] = []
    for array in arrays:
        kept.append(array)
        while sum(map(len, kept)) >= most:
            joined = np.concatenate(kept)
            yield joined[:most]
            kept = [joined[most:]]
    if sum(map(len, kept)):
        yield np.concatenate(kept)


def _parted(arrays: Iterator[Array], counts: list[int]) -> Iterator[Array]:
    """Undo ``_gathered``: arrays of ``counts`` rows each."""
    kept = next(arrays)
    for count in counts:
        while len(kept) < count:
            kept = np.concatenate([kept, next(arrays)])
        yield kept[:count]
        kept = kept[count:]
