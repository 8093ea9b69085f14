"""An open compressed file: the positions of its blocks, by its headers and indices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO

from quintet.codec.container.block_index import BlockEntry
from quintet.codec.container.block_scan import read_bytes, size_of
from quintet.codec.container.blocks import Block
from quintet.codec.container.concatenated_files import Member, member_before
from quintet.codec.container.layout import HEADER, LATEST, MAGIC, FileHeader, RowFormat
from quintet.codec.container.model_identity import ModelIdentity
from quintet.codec.container.version1 import read_version1
from quintet.errors import FileRefused


@dataclass(frozen=True)
class Archive:
    """The readable blocks of a file, in order.

    Parameters
    ----------
    form : dtype and layout of the rows.
    entries : the blocks.
    total : rows of the file, as far as is known.
    lost : rows of damaged blocks; the last slice is open where it is not known how many rows should follow.
    trailing : a sentence that names bytes behind the rows which cannot be read; empty where there are none.
    version1 : the only block of a file of version 1.
    """

    form: RowFormat
    entries: tuple[BlockEntry, ...]
    total: int
    lost: tuple[slice, ...] = ()
    trailing: str = ""
    version1: Block | None = None

    def block(self, file: IO[bytes], entry: BlockEntry) -> Block | None:
        """The block of an entry; None where it is damaged."""
        if self.version1 is not None:
            return self.version1
        block = Block.from_bytes(read_bytes(file, entry.start, entry.length), entry.model, entry.version)
        fits = block is not None and (block.first + entry.before, block.rows) == (entry.first, entry.rows)
        return block if fits else None


def read_archive(file: IO[bytes], model: ModelIdentity) -> Archive | None:
    """The archive by headers and indices, without reading the blocks; None where a header or index is damaged.

    Raises
    ------
    FileRefused
        The file has a later version, belongs to another model, or joins files with different row formats.
    """
    version1 = read_start(file, model)
    if version1 is not None:
        return version1
    members, start = members_by_index(file, model)
    whole = members and not start and all(member.header is not None for member in members)
    return joined(members) if whole else None


def read_start(file: IO[bytes], model: ModelIdentity) -> Archive | None:
    """The whole archive of a file of version 1; None of a later version whose header names the model."""
    start = read_bytes(file, 0, HEADER)
    header = FileHeader.from_bytes(start)
    if header is not None:
        if header.version > LATEST:
            raise FileRefused(f"The file has version {header.version}; this quintet reads up to {LATEST}: update it.")
        model.require(header.model)
        return None
    found = None
    if start[: len(MAGIC) + 1] == MAGIC + b"\1":
        found = read_version1(read_bytes(file, 0, size_of(file)), model.row_shape)
    if found is None:
        return None
    name, form, block = found
    model.require(name)
    entry = BlockEntry(0, block.rows, 0, 0)
    return Archive(form, (entry,) if entry.rows else (), entry.rows, version1=block)


def members_by_index(file: IO[bytes], model: ModelIdentity) -> tuple[list[Member], int]:
    """The concatenated files with undamaged indices, from the end backwards, and where the first of them begins."""
    members, stop = list[Member](), size_of(file)
    while stop and (member := member_before(file, stop, model)) is not None:
        members.append(member)
        stop = member.start
    return members[::-1], stop


def joined(members: Sequence[Member], trailing: str = "") -> Archive:
    """Concatenated files as one archive: the rows of the first, then those of the second, and so on."""
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
    return Archive(form, tuple(entries), before, tuple(lost), trailing)


def _gaps(entries: Sequence[BlockEntry], first: int, total: int | None) -> Iterator[slice]:
    """The rows from ``first`` to ``total`` that no entry holds."""
    at = first
    for entry in entries:
        if entry.first > at:
            yield slice(at, entry.first)
        at = entry.stop
    if total is None or at < total:
        yield slice(at, total)
