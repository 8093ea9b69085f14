"""``decompress`` in memory, ``decompress_from`` for files of any length, and what a damaged file has lost."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch

from quintet.arguments import BatchRows, Content, Damaged, RowChoice, Stretch
from quintet.codec.container.archive import Archive, describe_lost, refusal, salvaged, trusted
from quintet.codec.container.blocks import BlockEntry
from quintet.codec.container.layout import RowFormat
from quintet.codec.container.row_selection import forward_slice, numbers_of, part_of
from quintet.data.readers.decompression_limits import Unzipped
from quintet.data.readers.opening import reading
from quintet.data.schema import Schema
from quintet.entry_points import public
from quintet.errors import FileRefused, QuintetWarning
from quintet.inference.chunks import RowProgress, progress_of_part
from quintet.models.fitted import Fitted
from quintet.tasks.compress.block import decode_block, decoding

Array = np.ndarray[Any, Any]
UNZIPPED, TIMES = 1 << 24, 20
"""Bytes that a file compressed once more by gzip may have: so many, and so many times those of the zipped file."""


@public
def decompress(
    fitted: Fitted,
    blob: Content,
    batch_rows: BatchRows = 256,
    progress: RowProgress | None = None,
    rows: RowChoice | None = None,
    damaged: Damaged = "refuse",
) -> Array:
    """The rows of ``compress``: equal bit for bit, in dtype and shape; of a lossy file E[x|z] in the model's units
    and dtype.

    Parameters
    ----------
    blob : the bytes of a file, its path, or a file open for reading bytes that can seek.
    rows : None, or a slice, whole numbers or a mask: as of the whole array, but only their blocks are decoded.
    damaged : "refuse", or "skip": the rows of damaged blocks are left out, and a warning names them.

    Raises
    ------
    FileRefused
        No such file, a later version, damaged or cut short, of another model, or of a machine that calculates
        otherwise.
    """
    with _source(blob) as file:
        archive = _opened(file, fitted, damaged)
        wanted = numbers_of(rows, archive.total)
        archive = _checked(file, fitted, archive, wanted)
        places = [part_of(wanted, entry)[0] for entry in archive.entries]
        order = np.argsort(np.concatenate([np.zeros(0, dtype=np.int64), *places]), kind="stable")
        slots = np.empty_like(order)
        slots[order] = np.arange(len(order))
        with decoding():
            found = np.empty((len(order), *archive.form.row_shape(fitted.schema)), _dtype(archive.form, fitted.schema))
        there = np.zeros(len(order), dtype=bool)
        begins = dict(
            zip((entry.first for entry in archive.entries), accumulate(map(len, places), initial=0), strict=False)
        )
        for entry, part in _parts(file, fitted, archive, wanted, damaged, batch_rows, progress):
            at = slots[begins[entry.first] : begins[entry.first] + len(part)]
            found[at], there[at] = part, True
    return found if there.all() else found[there]


@public
def decompress_from(
    fitted: Fitted,
    file: Content,
    batch_rows: BatchRows = 256,
    progress: RowProgress | None = None,
    rows: Stretch | None = None,
    damaged: Damaged = "refuse",
) -> Iterator[Array]:
    """The same rows, block after block: one array at least, which may be empty.

    Whatever there is to refuse is refused before the first array comes.

    Parameters
    ----------
    file : as ``blob``.
    rows : a slice with a step of at least 1.
    """
    with _source(file) as source:
        archive = _opened(source, fitted, damaged)
        wanted, empty = forward_slice(rows, archive.total), True
        archive = _checked(source, fitted, archive, wanted)
        for _, part in _parts(source, fitted, archive, wanted, damaged, batch_rows, progress):
            yield part
            empty = False
        if empty:
            yield np.empty((0, *archive.form.row_shape(fitted.schema)), _dtype(archive.form, fitted.schema))


@public
def lost_rows(fitted: Fitted, file: Content) -> list[slice]:
    """The rows that a damaged file has lost, found without decoding; none of a file that is whole.

    The last slice is open where the file was cut and nobody knows how many rows were to follow. So ``kept[part] =
    False`` for each part marks in a mask of all rows those that ``decompress(damaged="skip")`` gives.
    """
    with _source(file) as source:
        return list(salvaged(source, fitted).lost)


@contextmanager
def _source(file: Any) -> Iterator[IO[bytes]]:
    """Whatever holds the bytes as a file that can seek."""
    if isinstance(file, str | Path):
        with reading(file) as opened:
            yield _unzipped(opened, Path(file)) if isinstance(opened, Unzipped) else opened
    else:
        yield io.BytesIO(file) if isinstance(file, bytes | bytearray | memoryview) else file


def _unzipped(opened: Unzipped, path: Path) -> IO[bytes]:
    """The content of a zipped file, read once: to seek in it would unzip it again and again."""
    most = UNZIPPED + TIMES * path.stat().st_size
    content = opened.read(most + 1)
    if len(content) > most:
        raise FileRefused(
            f"{path} unzips to more than {most} bytes, which no zipped compressed file does: unzip it by gunzip."
        )
    return io.BytesIO(content)


def _opened(file: IO[bytes], fitted: Fitted, damaged: str) -> Archive:
    if damaged == "skip":
        archive = salvaged(file, fitted)
        if archive.lost:
            _warn(f"The compressed file is damaged: {describe_lost(archive.lost)} are lost and left out.")
        if archive.beyond:
            _warn(f"{archive.beyond}: they are left out.")
        return archive
    told = trusted(file, fitted)
    if told is None:
        raise refusal(file, fitted)
    return told


def _checked(file: IO[bytes], fitted: Fitted, archive: Archive, wanted: range | Array) -> Archive:
    """The archive with no more than the blocks that are wanted, all of which are whole."""
    entries = tuple(entry for entry in archive.entries if len(part_of(wanted, entry)[0]))
    if any(archive.block(file, entry) is None for entry in entries):
        raise refusal(file, fitted)
    return replace(archive, entries=entries)


def _parts(
    file: IO[bytes],
    fitted: Fitted,
    archive: Archive,
    wanted: range | Array,
    damaged: str,
    batch_rows: int,
    progress: RowProgress | None,
) -> Iterator[tuple[BlockEntry, Array]]:
    """The wanted rows, block after block."""
    done, total = 0, sum(entry.rows for entry in archive.entries)
    for entry in archive.entries:
        block = archive.block(file, entry)
        within = part_of(wanted, entry)[1]
        try:
            if block is None:
                raise refusal(file, fitted)
            rows = decode_block(fitted, archive.form, block, batch_rows, progress_of_part(progress, done, total))
        except FileRefused as error:
            if damaged == "refuse":
                raise
            _warn(f"{describe_lost([slice(entry.first, entry.stop)]).capitalize()} are left out: {error}")
            continue
        done += entry.rows
        if progress is not None:
            progress("decompress", done, total)
        yield entry, rows if len(within) == len(rows) and isinstance(wanted, range) else rows[within]


def _warn(sentence: str) -> None:
    warnings.warn(sentence, QuintetWarning, stacklevel=4)


def _dtype(form: RowFormat, schema: Schema) -> np.dtype[Any]:
    return schema.to_user(torch.zeros(1, *schema.shape, dtype=torch.float32)).dtype if form.lossy else form.dtype
