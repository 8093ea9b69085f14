"""A compressed file opened: where its blocks stand, which can be read, and which rows are lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from quintet.data.schema import Schema
from quintet.errors import FileRefused
from quintet.model.fitted import Fitted
from quintet.tasks.compress import version1
from quintet.tasks.compress.container import CHECK, HEADER, MAGIC, MARK, VERSION, Form, Header, model_digest
from quintet.tasks.compress.frames import LENGTH, Block, Entry, read_index
from quintet.tasks.compress.scan import read, scan, size_of

SKIP = "damaged='skip' (--skip-damaged)"


@dataclass(frozen=True)
class Archive:
    """The blocks of a file that can be read, in order."""

    model: bytes
    form: Form
    entries: tuple[Entry, ...]
    total: int  # rows of the file, as far as is known
    lost: tuple[slice, ...] = ()  # their rows; an open end where nobody knows how many were to follow
    old: Block | None = None  # all that a file of version 1 holds

    def block(self, file: IO[bytes], entry: Entry) -> Block | None:
        """The block of an entry; None where it is damaged."""
        if self.old is not None:
            return self.old
        block = Block.from_bytes(read(file, entry.start, entry.length), self.model)
        return block if block is not None and (block.first, block.rows) == (entry.first, entry.rows) else None


def trusted(file: IO[bytes], fitted: Fitted) -> Archive | None:
    """The archive as header and index tell it, without a look at the blocks; None where either is damaged.

    Raises
    ------
    FileRefused
        A later version, or the file of another model.
    """
    opening, index = _opening(file, fitted), _index(file, fitted)
    if isinstance(opening, Archive):
        return opening
    if opening is None or index is None:
        return None
    entries = tuple(index[1])
    return Archive(opening.model, opening.form, entries, entries[-1].stop if entries else 0)


def salvaged(file: IO[bytes], fitted: Fitted) -> Archive:
    """What can be read of a file, block by block, whatever happened to the rest of it.

    The header says what the blocks begin with, so that they are found without the index; where the header is damaged,
    the index shows a block, and the block how the others begin.

    Raises
    ------
    FileRefused
        Nothing can be read: no compressed file, a later version, of another model, or damaged in too many places.
    """
    opening, index = _opening(file, fitted), _index(file, fitted)
    if isinstance(opening, Archive):
        return opening
    model, mark, form = model_digest(fitted.fingerprint), None, None
    if opening is not None:
        mark, form = opening.mark, opening.form
    elif index is not None:
        form = index[0]
        starts = (read(file, entry.start, entry.length) for entry in index[1])
        mark = next((start[:MARK] for start in starts if Block.from_bytes(start, model) is not None), None)
    if form is None or (mark is None and index is not None and index[1]):
        raise _unreadable(file)
    entries, ended = list[Entry](), False
    for entry, last in scan(file, mark, model) if mark is not None else ():
        if not entries or entry.first >= entries[-1].stop:
            entries.append(entry)
            ended |= last
    known = index is not None or ended
    stop = max([entry.stop for entry in (*entries, *(index[1] if index else ()))], default=0)
    return Archive(model, form, tuple(entries), stop, tuple(_gaps(entries, stop if known else None)))


def refusal(file: IO[bytes], fitted: Fitted) -> FileRefused:
    """What to say of a damaged file: which rows are lost, and how to have the others."""
    try:
        archive = salvaged(file, fitted)
    except FileRefused as error:
        return error
    size, again = size_of(file), "fetch it again"
    if not archive.lost:
        cure = f"no row is lost; {again}, or bring all back with {SKIP}"
    elif archive.entries:
        cure = f"{in_words(archive.lost)} are lost; {again}, or bring back the others with {SKIP}"
    else:
        cure = f"all rows are lost; {again}"
    return FileRefused(f"The compressed file ({size} bytes) is damaged or cut short, by its checksum: {cure}.")


def in_words(lost: Sequence[slice]) -> str:
    """``rows 4 to 7, 12 to 12 and from 40 on``; of many, the first few."""
    parts = [f"from {part.start} on" if part.stop is None else f"{part.start} to {part.stop - 1}" for part in lost]
    shown = parts if len(parts) <= 8 else [*parts[:7], f"{len(parts) - 7} more stretches"]
    return "rows " + (shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}")


def _opening(file: IO[bytes], fitted: Fitted) -> Header | Archive | None:
    """The header; the whole of a file of version 1; None where the file's beginning is damaged."""
    start = read(file, 0, HEADER)
    header, model = Header.from_bytes(start), model_digest(fitted.fingerprint)
    if header is not None:
        if header.version > VERSION:
            raise FileRefused(f"The file has version {header.version}; this quintet reads up to {VERSION}: update it.")
        _refuse_other(header.model, model)
        return header
    old = _first_version(file, fitted.schema) if start[: len(MAGIC) + 1] == MAGIC + b"\1" else None
    if old is None:
        return None
    _refuse_other(old[0], model)
    entry = Entry(0, old[2].rows, 0, 0)
    return Archive(model, old[1], (entry,) if entry.rows else (), entry.rows, old=old[2])


def _first_version(file: IO[bytes], schema: Schema) -> tuple[bytes, Form, Block] | None:
    return version1.read(read(file, 0, size_of(file)), schema)


def _refuse_other(came: bytes, own: bytes) -> None:
    if came != own:
        raise FileRefused(
            f"The file was compressed with model {came.hex()}, this is model {own.hex()}: "
            "decompress it with the model that compressed it."
        )


def _index(file: IO[bytes], fitted: Fitted) -> tuple[Form, list[Entry]] | None:
    size = size_of(file)
    length = int.from_bytes(read(file, max(size - LENGTH, 0), LENGTH), "little")
    if not CHECK + LENGTH < length <= size - HEADER:
        return None
    index = read_index(read(file, size - length, length), model_digest(fitted.fingerprint))
    stop = index[1][-1].start + index[1][-1].length if index is not None and index[1] else HEADER
    return index if stop == size - length else None


def _unreadable(file: IO[bytes]) -> FileRefused:
    start, size = read(file, 0, len(MAGIC) + 1), size_of(file)
    if start[: len(MAGIC)] != MAGIC:
        return FileRefused(f"This begins with {start!r} and is no compressed quintet file: give what compress() made.")
    return FileRefused(
        f"The compressed file ({size} bytes) is damaged or cut short, by its checksum, where it says what it holds: "
        "fetch it again."
    )


def _gaps(entries: Sequence[Entry], total: int | None) -> Iterator[slice]:
    at = 0
    for entry in entries:
        if entry.first > at:
            yield slice(at, entry.first)
        at = entry.stop
    if total is None or at < total:
        yield slice(at, total)
