"""Compressed files that stand one after another in one file, as ``cat a.qnt b.qnt`` makes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import IO

from quintet.codec.container.block_limits import within
from quintet.codec.container.block_scan import read_bytes, scan
from quintet.codec.container.blocks import LENGTH, SHORTEST, Block, BlockEntry, index_from, read_index
from quintet.codec.container.layout import CHECK, HEADER, MAGIC, MARK, VERSION, FileHeader, RowFormat
from quintet.errors import FileRefused

INDEX = 1 << 24  # bytes in which the index of a file whose end is not known is looked for


@dataclass(frozen=True)
class Member:
    """One of the files: what it says of itself, and where it stands."""

    start: int
    stop: int  # of its last byte that is known, plus one
    header: FileHeader | None  # None where it is damaged
    form: RowFormat | None = None  # of header or index
    entries: tuple[BlockEntry, ...] = ()  # its blocks, rows numbered from 0
    total: int | None = None  # rows; None where nobody knows how many were to follow


def from_end(file: IO[bytes], stop: int, names: tuple[bytes, ...], cells: int) -> Member | None:
    """The file that ends at ``stop``, as its index tells; None where the index is damaged."""
    length = int.from_bytes(read_bytes(file, max(stop - LENGTH, 0), LENGTH), "little")
    if not CHECK + LENGTH < length <= stop - HEADER:
        return None
    content = read_bytes(file, stop - length, length)
    found = next(((name, index) for name in names if (index := read_index(content, name)) is not None), None)
    if found is None:
        return None
    model, (form, entries) = found
    start = stop - length - (entries[-1].start + entries[-1].length if entries else HEADER)
    if start < 0:
        return None
    header = FileHeader.from_bytes(read_bytes(file, start, HEADER))
    version = header.version if header is not None else VERSION if model == names[0] else 2
    if start if header is None else (header.model, header.form) != (model, form):
        return None
    if not all(within(version, entry.rows, cells, entry.length - SHORTEST) for entry in entries):
        return None
    placed = (replace(entry, start=entry.start + start, version=version, model=model) for entry in entries)
    return Member(start, stop, header, form, tuple(placed), entries[-1].stop if entries else 0)


def searched(file: IO[bytes], member: Member, names: tuple[bytes, ...], cells: int) -> Member:
    """A member by its blocks, found by the mark that they begin with, whatever its index says of their places.

    ``total`` is known where the index is whole, or the last block.
    """
    header, found, ended = member.header, list[BlockEntry](), False
    mark = header.mark if header is not None else _mark_of(file, member)
    if mark is None:
        return replace(member, entries=())
    for model, version in _ways(member, names):
        for entry, last in scan(file, mark, model, version, cells, member.start, member.stop):
            if not found or entry.first >= found[-1].stop:
                found.append(entry)
                ended |= last
            if last and member.total is None:
                break  # what stands behind is no block of this file
        if found:
            break
    stop = max([entry.stop for entry in found], default=0)
    total = member.total if member.total is not None else (stop if ended else None)
    return replace(member, entries=tuple(found), total=total)


def end_of(file: IO[bytes], member: Member) -> int:
    """Where a member ends whose last block was found: with its index, or, where that is damaged, before a header."""
    last = member.entries[-1]
    at = last.start + last.length
    behind = read_bytes(file, at, min(INDEX, member.stop - at))
    index = index_from(behind, last.model)
    if index is not None:
        return at + index[2]
    place = behind.find(MAGIC)
    while place >= 0:
        if header_at(file, at + place) is not None:
            return at + place
        place = behind.find(MAGIC, place + 1)
    return member.stop


def header_at(file: IO[bytes], at: int) -> FileHeader | None:
    """The header of a file that begins there; None where none does."""
    try:
        return FileHeader.from_bytes(read_bytes(file, at, HEADER))
    except FileRefused:
        return None


def _ways(member: Member, names: tuple[bytes, ...]) -> list[tuple[bytes, int]]:
    """What may name the model in the blocks, and their version."""
    if member.header is not None:
        return [(member.header.model, member.header.version)]
    known = [(entry.model, entry.version) for entry in member.entries[:1]]
    return known or [(names[0], VERSION), *((name, 2) for name in names[1:])]


def _mark_of(file: IO[bytes], member: Member) -> bytes | None:
    """What the blocks begin with, of the first whole one that the index lists."""
    for entry in member.entries:
        content = read_bytes(file, entry.start, entry.length)
        if Block.from_bytes(content, entry.model, entry.version) is not None:
            return content[:MARK]
    return None
