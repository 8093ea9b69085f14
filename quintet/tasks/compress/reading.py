"""Decompression in memory or block by block, and the rows that a damaged file has lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from typing import IO, Any

import numpy as np
import torch

from quintet.arguments import BatchRows, Content, Damaged, RowChoice, Stretch
from quintet.codec.container.archive import Archive, read_archive
from quintet.codec.container.block_index import BlockEntry
from quintet.codec.container.layout import RowFormat
from quintet.codec.container.row_selection import forward_range, row_numbers, rows_in_block
from quintet.codec.container.salvage import damage_error, describe_lost, salvage
from quintet.data.plain.libraries import library_of
from quintet.data.schema import Schema
from quintet.entry_points import public
from quintet.errors import FileRefused, warn
from quintet.inference.chunks import RowProgress, progress_of_part
from quintet.models.fitted import Fitted
from quintet.tasks.compress.block import decode_block
from quintet.tasks.compress.decoding_errors import decoding
from quintet.tasks.compress.identity import identity_of
from quintet.tasks.compress.seekable_file import seekable
from quintet.tasks.compress.tables.join import joined_frame

Array = np.ndarray[Any, Any]


@public
def decompress(
    fitted: Fitted,
    blob: Content,
    batch_rows: BatchRows = 256,
    progress: RowProgress | None = None,
    rows: RowChoice | None = None,
    damaged: Damaged = "refuse",
) -> Any:
    """The rows of ``compress``, an array or a frame, equal bit for bit in values and types.

    Of a lossy file E[x|z] in the user's units and the training data's dtype.

    Parameters
    ----------
    blob : the bytes of a file, its path, or a file open for reading bytes that can seek.
    rows : a slice, row numbers or a mask, as in ``whole[rows]``; only the blocks with these rows are decoded. None: all
        rows.
    damaged : "refuse" raises for a damaged file; "skip" leaves out the rows of damaged blocks and warns of them.

    Raises
    ------
    FileRefused
        The file is missing, damaged or cut short, has a later version, belongs to another model, or was written on a
        machine that calculates differently.
    """
    with seekable(blob) as file:
        archive = _opened(file, fitted, damaged)
        wanted = row_numbers(rows, archive.total)
        archive = _checked(file, fitted, archive, wanted)
        places = {entry.first: rows_in_block(wanted, entry)[0] for entry in archive.entries}
        found = _parts(file, fitted, archive, wanted, damaged, batch_rows, progress)
        if fitted.schema.columns:
            return joined_frame(fitted.schema, [(places[entry.first], part) for entry, part in found])
        return _joined(archive, fitted.schema, list(places.values()), found)


def _joined(archive: Archive, schema: Schema, places: list[Array], parts: Iterator[tuple[BlockEntry, Array]]) -> Array:
    """The wanted rows of all blocks as one array; ``places`` are those of each block's rows among the wanted ones."""
    order = np.argsort(np.concatenate([np.zeros(0, dtype=np.int64), *places]), kind="stable")
    slots = np.empty_like(order)
    slots[order] = np.arange(len(order))
    with decoding():
        found = np.empty((len(order), *archive.form.row_shape(schema.row_shape)), _dtype(archive.form, schema))
    there = np.zeros(len(order), dtype=bool)
    begins = dict(
        zip((entry.first for entry in archive.entries), accumulate(map(len, places), initial=0), strict=False)
    )
    for entry, part in parts:
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
) -> Iterator[Any]:
    """The rows of ``decompress``, block after block: at least one array or frame, which may be empty.

    Headers, indices and the checksums of the wanted blocks are checked before the first array is given.

    Parameters
    ----------
    file : as ``blob`` in ``decompress``.
    rows : a slice with a step of at least 1.
    """
    with seekable(file) as source:
        archive = _opened(source, fitted, damaged)
        wanted, empty = forward_range(rows, archive.total), True
        archive = _checked(source, fitted, archive, wanted)
        for _, part in _parts(source, fitted, archive, wanted, damaged, batch_rows, progress):
            yield part
            empty = False
        if empty and fitted.schema.columns:
            yield joined_frame(fitted.schema, [])
        elif empty:
            yield np.empty((0, *archive.form.row_shape(fitted.schema.row_shape)), _dtype(archive.form, fitted.schema))


@public
def lost_rows(fitted: Fitted, file: Content) -> list[slice]:
    """The rows that a damaged file has lost, found without decoding; an undamaged file has lost none.

    The last slice is open where the file was cut and it is not known how many rows should follow. Setting
    ``kept[part] = False`` for each part, in a mask of all rows, leaves those that ``decompress(damaged="skip")`` gives.
    """
    with seekable(file) as source:
        return list(salvage(source, identity_of(fitted)).lost)


def _opened(file: IO[bytes], fitted: Fitted, damaged: str) -> Archive:
    if damaged == "skip":
        archive = salvage(file, identity_of(fitted))
        if archive.lost:
            _warn(f"The compressed file is damaged: {describe_lost(archive.lost)} are lost and left out.")
        if archive.trailing:
            _warn(f"{archive.trailing}: they are left out.")
        return archive
    found = read_archive(file, identity_of(fitted))
    if found is None:
        raise damage_error(file, identity_of(fitted))
    return found


def _checked(file: IO[bytes], fitted: Fitted, archive: Archive, wanted: range | Array) -> Archive:
    """The archive with the blocks of the wanted rows only, all of which are undamaged.

    Of a table the first block stays, which has the columns, where no row is wanted.
    """
    entries = tuple(entry for entry in archive.entries if len(rows_in_block(wanted, entry)[0]))
    if not entries and fitted.schema.columns:
        entries = archive.entries[:1]
    if any(archive.block(file, entry) is None for entry in entries):
        raise damage_error(file, identity_of(fitted))
    return replace(archive, entries=entries)


def _parts(
    file: IO[bytes],
    fitted: Fitted,
    archive: Archive,
    wanted: range | Array,
    damaged: str,
    batch_rows: int,
    progress: RowProgress | None,
) -> Iterator[tuple[BlockEntry, Any]]:
    """The wanted rows, block after block."""
    done, total = 0, sum(entry.rows for entry in archive.entries)
    for entry in archive.entries:
        block = archive.block(file, entry)
        within = rows_in_block(wanted, entry)[1]
        try:
            if block is None:
                raise damage_error(file, identity_of(fitted))
            rows = decode_block(fitted, archive.form, block, batch_rows, progress_of_part(progress, done, total))
        except FileRefused as error:
            if damaged == "refuse":
                raise
            _warn(f"{describe_lost([slice(entry.first, entry.stop)]).capitalize()} are left out: {error}")
            continue
        done += entry.rows
        if progress is not None:
            progress("decompress", done, total)
        if len(within) == len(rows) and isinstance(wanted, range):
            yield entry, rows
        else:
            yield entry, library_of(rows).take(rows, within)


def _warn(sentence: str) -> None:
    warn(sentence)


def _dtype(form: RowFormat, schema: Schema) -> np.dtype[Any]:
    return schema.to_user(torch.zeros(1, *schema.shape, dtype=torch.float32)).dtype if form.lossy else form.dtype
