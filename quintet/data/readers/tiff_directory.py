"""The directory of a page in a TIFF file, which Pillow reads even where the file ends within it."""

from __future__ import annotations

import struct
from pathlib import Path

from quintet.errors import FileRefused

BIG = 43
"""Version of files with offsets of 64 bits."""


def refuse_cut_directory(path: Path, offset: int) -> None:
    """Raise FileRefused if the file ends within the directory of the page at ``offset`` bytes."""
    with open(path, "rb") as file:
        order = "<" if file.read(2) == b"II" else ">"
        big = struct.unpack(f"{order}H", file.read(2))[0] == BIG
        count, entry, following = ("Q", 20, 8) if big else ("H", 12, 4)
        file.seek(offset)
        entries = struct.unpack(f"{order}{count}", file.read(struct.calcsize(f"{order}{count}")))[0]
        end = file.tell() + entries * entry + following
        if file.seek(0, 2) < end:
            raise FileRefused(f"Cannot read {path} as an image (it ends within a page): fetch or write it again.")
