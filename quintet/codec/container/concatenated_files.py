"""Compressed files one after another in one file, as ``cat a.qnt b.qnt`` writes them: where each begins and ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import IO

from quintet.codec.container.block_index import LENGTH, BlockEntry, read_index, read_index_at_start
from quintet.codec.container.block_limits import is_within_limits
from quintet.codec.container.block_scan import read_bytes, scan
from quintet.codec.container.blocks import SHORTEST, Block
from quintet.codec.container.checksums import CHECK
from quintet.codec.container.layout import HEADER, MAGIC, MARK, VERSION, FileHeader, RowFormat
from quintet.codec.container.model_identity import ModelIdentity
from quintet.errors import FileRefused

INDEX_WINDOW = 1 << 24
"""Bytes behind the last block in which the index, or the header of the next file, is searched."""


@dataclass(frozen=True)
class Member:
    """One of the concatenated files.

    Parameters
    ----------
    start, stop : its bytes, as far as they are known.
    header : None where it is damaged.
    form : the row format, from header or index; None where both are damaged.
    entries : its blocks, with rows numbered from 0.
    total : its rows; None where it is not known how many should follow those that were found.
    """

    start: int
    stop: int
    header: FileHeader | None
    form: RowFormat | None = None
    entries: tuple[BlockEntry, ...] = ()
    total: int | None = None


def member_before(file: IO[bytes], stop: int, model: ModelIdentity) -> Member | None:
    """The member that ends at ``stop``, by its index; None where the index is damaged."""
    length = int.from_bytes(read_bytes(file, max(stop - LENGTH, 0), LENGTH), "little")
    if not CHECK + LENGTH < length <= stop - HEADER:
        return None
    content = read_bytes(file, stop - length, length)
    found = next(((name, index) for name in model.names if (index := read_index(content, name)) is not None), None)
    if found is None:
        return None
    name, (form, entries) = found
    start = stop - length - (entries[-1].start + entries[-1].length if entries else HEADER)
    if start < 0:
        return None
    header = FileHeader.from_bytes(read_bytes(file, start, HEADER))
    version = header.version if header is not None else VERSION if name == model.name else 2
    if start if header is None else (header.model, header.form) != (name, form):
        return None
    if not all(is_within_limits(version, entry.rows, model.cells, entry.length - SHORTEST) for entry in entries):
        return None
    placed = (replace(entry, start=entry.start + start, version=version, model=name) for entry in entries)
    return Member(start, stop, header, form, tuple(placed), entries[-1].stop if entries else 0)


def scan_member(file: IO[bytes], member: Member, model: ModelIdentity) -> Member:
    """The member with the undamaged blocks that are found by their mark, at whatever position the index lists them.

    ``total`` is known where the index or the last block is undamaged.
    """
    header, found, ended = member.header, list[BlockEntry](), False
    mark = header.mark if header is not None else _mark_from_blocks(file, member)
    if mark is None:
        return replace(member, entries=())
    for name, version in _candidate_names(member, model):
        for entry, last in scan(file, mark, name, version, model.cells, member.start, member.stop):
            if not found or entry.first >= found[-1].stop:
                found.append(entry)
                ended |= last
            if last and member.total is None:
                break  # blocks behind the last one belong to another file
        if found:
            break
    stop = max([entry.stop for entry in found], default=0)
    total = member.total if member.total is not None else (stop if ended else None)
    return replace(member, entries=tuple(found), total=total)


def member_end(file: IO[bytes], member: Member) -> int:
    """Where a member ends whose last block was found: behind its index, or before the next header."""
    last = member.entries[-1]
    at = last.start + last.length
    behind = read_bytes(file, at, min(INDEX_WINDOW, member.stop - at))
    index = read_index_at_start(behind, last.model)
    if index is not None:
        return at + index[2]
    place = behind.find(MAGIC)
    while place >= 0:
        if header_at(file, at + place) is not None:
            return at + place
        place = behind.find(MAGIC, place + 1)
    return member.stop


def header_at(file: IO[bytes], at: int) -> FileHeader | None:
    """The header of a file that begins at byte ``at``; None where there is none."""
    try:
        return FileHeader.from_bytes(read_bytes(file, at, HEADER))
    except FileRefused:
        return None


def _candidate_names(member: Member, model: ModelIdentity) -> list[tuple[bytes, int]]:
    """Names of the model with which the blocks may be checked, each with the version of the file."""
    if member.header is not None:
        return [(member.header.model, member.header.version)]
    known = [(entry.model, entry.version) for entry in member.entries[:1]]
    return known or [(model.name, VERSION), (model.old_name, 2)]


def _mark_from_blocks(file: IO[bytes], member: Member) -> bytes | None:
    """The mark, read from the first undamaged block that the index lists."""
    for entry in member.entries:
        content = read_bytes(file, entry.start, entry.length)
        if Block.from_bytes(content, entry.model, entry.version) is not None:
            return content[:MARK]
    return None
