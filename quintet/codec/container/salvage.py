"""Reads a damaged file: which blocks are undamaged, which rows are lost, and the error that names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from quintet.codec.container.archive import Archive, joined, members_by_index, read_start
from quintet.codec.container.block_scan import read_bytes, size_of
from quintet.codec.container.concatenated_files import Member, header_at, member_end, scan_member
from quintet.codec.container.layout import MAGIC
from quintet.codec.container.model_identity import ModelIdentity
from quintet.errors import FileRefused

SKIP = "damaged='skip' (--skip-damaged)"
LISTED = 8  # stretches of lost rows that a sentence lists


def salvage(file: IO[bytes], model: ModelIdentity) -> Archive:
    """Everything that can be read of a file, block by block.

    The header gives the mark of the blocks, which are then found without the index. Where the header is damaged, the
    index gives the position of a block, and that block the mark of the others.

    Raises
    ------
    FileRefused
        Nothing can be read: the file is no compressed file, has a later version, belongs to another model, or both
        header and index are damaged.
    """
    version1 = read_start(file, model)
    if version1 is not None:
        return version1
    indexed, stop = members_by_index(file, model)
    ahead, trailing = _members_by_scan(file, stop, model) if stop else ([], "")
    members = [*ahead, *(scan_member(file, member, model) for member in indexed)]
    has_blocks = any(member.entries for member in indexed)
    if not members or (has_blocks and all(member.header is None and not member.entries for member in members)):
        raise _unreadable(file)
    return joined(members, trailing)


def damage_error(file: IO[bytes], model: ModelIdentity) -> FileRefused:
    """The error for a damaged file: which rows are lost, and how to get the others."""
    try:
        archive = salvage(file, model)
    except FileRefused as error:
        return error
    size, again = size_of(file), "fetch it again"
    if archive.trailing and not archive.lost:
        return FileRefused(f"{archive.trailing}: cut it off, or bring back the rows before it with {SKIP}.")
    if not archive.lost:
        cure = f"no row is lost; {again}, or bring all back with {SKIP}"
    elif archive.entries:
        cure = f"{describe_lost(archive.lost)} are lost; {again}, or bring back the others with {SKIP}"
    else:
        cure = f"all rows are lost; {again}"
    more = f" {archive.trailing}." if archive.trailing else ""
    return FileRefused(f"The compressed file ({size} bytes) is damaged or cut short, by its checksum: {cure}.{more}")


def describe_lost(lost: Sequence[slice]) -> str:
    """``rows 4 to 7, 12 to 12 and from 40 on``; of many stretches the first few."""
    parts = [f"from {part.start} on" if part.stop is None else f"{part.start} to {part.stop - 1}" for part in lost]
    shown = parts if len(parts) <= LISTED else [*parts[: LISTED - 1], f"{len(parts) - LISTED + 1} more stretches"]
    return "rows " + (shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}")


def _members_by_scan(file: IO[bytes], stop: int, model: ModelIdentity) -> tuple[list[Member], str]:
    """The concatenated files up to byte ``stop``, by their blocks, and a sentence about bytes that are none of them."""
    members, at = list[Member](), 0
    while at < stop:
        header = header_at(file, at)
        if header is None and not members:
            raise _unreadable(file)
        if header is None or header.model not in model.names:
            what = "bytes that are no compressed file" if header is None else f"a file of model {header.model.hex()}"
            return members, f"Behind the rows of this model stand, from byte {at} on, {what}"
        member = scan_member(file, Member(at, stop, header, header.form), model)
        members.append(member)
        at = member_end(file, member) if member.total is not None and member.entries else stop
    return members, ""


def _unreadable(file: IO[bytes]) -> FileRefused:
    start, size = read_bytes(file, 0, len(MAGIC) + 1), size_of(file)
    if start[: len(MAGIC)] != MAGIC:
        return FileRefused(
            f"The file begins with {start!r} and is no compressed quintet file: give a file that compress() wrote."
        )
    return FileRefused(
        f"The compressed file ({size} bytes) is damaged or cut short, by its checksum, in both its header and its "
        "index: fetch it again."
    )
