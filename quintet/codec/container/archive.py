"""A compressed file opened: where its blocks stand, which can be read, and which rows are lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO

from quintet.codec.container import version1
from quintet.codec.container.block_scan import read_bytes, size_of
from quintet.codec.container.blocks import Block, BlockEntry
from quintet.codec.container.concatenated_files import Member, end_of, from_end, header_at, searched
from quintet.codec.container.layout import HEADER, MAGIC, VERSION, FileHeader, RowFormat, model_identities
from quintet.data.schema import Schema
from quintet.errors import FileRefused
from quintet.models.fitted import Fitted

HALF = 4  # bytes of a model's name that stand for its weights alone
SKIP = "damaged='skip' (--skip-damaged)"


@dataclass(frozen=True)
class Archive:
    """The blocks of a file that can be read, in order."""

    form: RowFormat
    entries: tuple[BlockEntry, ...]
    total: int  # rows of the file, as far as is known
    lost: tuple[slice, ...] = ()  # their rows; an open end where nobody knows how many were to follow
    beyond: str = ""  # what stands behind the rows and cannot be read, a sentence
    old: Block | None = None  # all that a file of version 1 holds

    def block(self, file: IO[bytes], entry: BlockEntry) -> Block | None:
        """The block of an entry; None where it is damaged."""
        if self.old is not None:
            return self.old
        block = Block.from_bytes(read_bytes(file, entry.start, entry.length), entry.model, entry.version)
        fits = block is not None and (block.first + entry.before, block.rows) == (entry.first, entry.rows)
        return block if fits else None


def trusted(file: IO[bytes], fitted: Fitted) -> Archive | None:
    """The archive as headers and indices tell it, without a look at the blocks; None where one of them is damaged.

    Raises
    ------
    FileRefused
        A later version, the file of another model, or files one after another whose rows are not alike.
    """
    old = _opening(file, fitted)
    if old is not None:
        return old
    members, start = _from_end(file, fitted)
    whole = members and not start and all(member.header is not None for member in members)
    return _joined(members) if whole else None


def salvaged(file: IO[bytes], fitted: Fitted) -> Archive:
    """What can be read of a file, block by block, whatever happened to the rest of it.

    The header says what the blocks begin with, so that they are found without the index; where the header is damaged,
    the index shows a block, and the block how the others begin.

    Raises
    ------
    FileRefused
        Nothing can be read: no compressed file, a later version, of another model, or damaged in too many places.
    """
    old = _opening(file, fitted)
    if old is not None:
        return old
    listed, stop = _from_end(file, fitted)
    ahead, beyond = _from_start(file, stop, fitted) if stop else ([], "")
    names, cells = model_identities(fitted), fitted.schema.size
    members = [*ahead, *(searched(file, member, names, cells) for member in listed)]
    listing = any(member.entries for member in listed)
    if not members or (listing and all(member.header is None and not member.entries for member in members)):
        raise _unreadable(file)
    return _joined(members, beyond)


def refusal(file: IO[bytes], fitted: Fitted) -> FileRefused:
    """What to say of a damaged file: which rows are lost, and how to have the others."""
    try:
        archive = salvaged(file, fitted)
    except FileRefused as error:
        return error
    size, again = size_of(file), "fetch it again"
    if archive.beyond and not archive.lost:
        return FileRefused(f"{archive.beyond}: cut it off, or bring back the rows before it with {SKIP}.")
    if not archive.lost:
        cure = f"no row is lost; {again}, or bring all back with {SKIP}"
    elif archive.entries:
        cure = f"{describe_lost(archive.lost)} are lost; {again}, or bring back the others with {SKIP}"
    else:
        cure = f"all rows are lost; {again}"
    more = f" {archive.beyond}." if archive.beyond else ""
    return FileRefused(f"The compressed file ({size} bytes) is damaged or cut short, by its checksum: {cure}.{more}")


def describe_lost(lost: Sequence[slice]) -> str:
    """``rows 4 to 7, 12 to 12 and from 40 on``; of many, the first few."""
    parts = [f"from {part.start} on" if part.stop is None else f"{part.start} to {part.stop - 1}" for part in lost]
    shown = parts if len(parts) <= 8 else [*parts[:7], f"{len(parts) - 7} more stretches"]
    return "rows " + (shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}")


def _opening(file: IO[bytes], fitted: Fitted) -> Archive | None:
    """The whole of a file of version 1; None of another, whose header is refused where it names another model."""
    start = read_bytes(file, 0, HEADER)
    header = FileHeader.from_bytes(start)
    if header is not None:
        if header.version > VERSION:
            raise FileRefused(f"The file has version {header.version}; this quintet reads up to {VERSION}: update it.")
        _refuse_other(header.model, fitted)
        return None
    old = _first_version(file, fitted.schema) if start[: len(MAGIC) + 1] == MAGIC + b"\1" else None
    if old is None:
        return None
    _refuse_other(old[0], fitted)
    entry = BlockEntry(0, old[2].rows, 0, 0)
    return Archive(old[1], (entry,) if entry.rows else (), entry.rows, old=old[2])


def _first_version(file: IO[bytes], schema: Schema) -> tuple[bytes, RowFormat, Block] | None:
    return version1.read_version1(read_bytes(file, 0, size_of(file)), schema)


def _refuse_other(given: bytes, fitted: Fitted) -> None:
    names = model_identities(fitted)
    if given in names:
        return
    if given[:HALF] == names[0][:HALF]:
        raise FileRefused(
            f"The file was compressed with model {given.hex()}, this is model {names[0].hex()}: the weights are the "
            "same, and the schema (loc, scale, levels, condition) was edited; decompress it with the model as it was."
        )
    raise FileRefused(
        f"The file was compressed with model {given.hex()}, this is model {names[0].hex()}: "
        "decompress it with the model that compressed it."
    )


def _from_end(file: IO[bytes], fitted: Fitted) -> tuple[list[Member], int]:
    """The files that stand one after another, as far as their indices are whole, and where the first of them begins."""
    members, stop = list[Member](), size_of(file)
    while stop and (member := from_end(file, stop, model_identities(fitted), fitted.schema.size)) is not None:
        members.append(member)
        stop = member.start
    return members[::-1], stop


def _from_start(file: IO[bytes], stop: int, fitted: Fitted) -> tuple[list[Member], str]:
    """The files up to ``stop`` by their blocks, and what is to be said of that which is none."""
    members, at, names = list[Member](), 0, model_identities(fitted)
    while at < stop:
        header = header_at(file, at)
        if header is None and not members:
            raise _unreadable(file)
        if header is None or header.model not in names:
            what = "bytes that are no compressed file" if header is None else f"a file of model {header.model.hex()}"
            return members, f"Behind the rows of this model stand, from byte {at} on, {what}"
        member = searched(file, Member(at, stop, header, header.form), names, fitted.schema.size)
        members.append(member)
        at = end_of(file, member) if member.total is not None and member.entries else stop
    return members, ""


def _joined(members: Sequence[Member], beyond: str = "") -> Archive:
    """Files that stand one after another as one: the rows of the first, then those of the second."""
    form, entries, lost, before = members[0].form, list[BlockEntry](), list[slice](), 0
    assert form is not None
    for number, member in enumerate(members):
        if member.form != form:
            raise FileRefused(
                f"The file holds several compressed files, and the rows from byte {member.start} on are of another "
                "type than those before it: cut it there, and decompress both."
            )
        moved = [replace(entry, first=entry.first + before, before=before) for entry in member.entries]
        total = None if member.total is None else member.total + before
        stop = max([entry.stop for entry in moved], default=before) if total is None else total
        if total is None and number < len(members) - 1:
            raise FileRefused(
                "The file holds several compressed files, and the end of the one that stands before byte "
                f"{members[number + 1].start} is damaged: cut it there, and decompress both."
            )
        entries += moved
        lost += _gaps(moved, before, total)
        before = stop
    return Archive(form, tuple(entries), before, tuple(lost), beyond)


def _unreadable(file: IO[bytes]) -> FileRefused:
    start, size = read_bytes(file, 0, len(MAGIC) + 1), size_of(file)
    if start[: len(MAGIC)] != MAGIC:
        return FileRefused(f"This begins with {start!r} and is no compressed quintet file: give what compress() made.")
    return FileRefused(
        f"The compressed file ({size} bytes) is damaged or cut short, by its checksum, where it says what it holds: "
        "fetch it again."
    )


def _gaps(entries: Sequence[BlockEntry], first: int, total: int | None) -> Iterator[slice]:
    at = first
    for entry in entries:
        if entry.first > at:
            yield slice(at, entry.first)
        at = entry.stop
    if total is None or at < total:
        yield slice(at, total)
