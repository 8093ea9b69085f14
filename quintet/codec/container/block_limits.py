"""How many rows a block may hold for its bytes: what bounds memory and work before anything is allocated.

Rows that the model is sure of cost next to nothing, so bytes alone would bound nothing. From version 3 on a block is
filled up with zeros to a byte for every ``RATE`` cells, a row counting for ``ROW`` cells more, and holds at most
``LARGEST`` cells, or one row. Blocks of earlier versions may hold ``CELLS`` cells in ``MOST_ROWS`` rows whatever their
bytes, as they did unless somebody asked for longer ones; longer ones need the byte for every ``RATE`` cells, and where
they are packed without the model a byte for every ``PACKED`` bytes of rows.
"""

from __future__ import annotations

import math

CELLS, MOST_ROWS = 1 << 21, 1 << 16
"""Of a block where nobody says how long it is to be."""
LARGEST = 1 << 22
RATE, ROW, PACKED = 4096, 64, 64
FILLED = 3
"""The version from which on blocks are filled up."""


def pad_payload(payload: bytes, rows: int, cells: int) -> bytes:
    """The payload of a block of ``rows`` rows of ``cells`` cells, with zeros at its end where it is too short."""
    return payload.ljust(math.ceil(_weight(rows, cells) / RATE), b"\0")


def within(version: int, rows: int, cells: int, payload: int) -> bool:
    """Whether a block of ``payload`` bytes may hold so many rows."""
    paid = _weight(rows, cells) <= RATE * payload
    if version >= FILLED:
        return paid and (rows == 1 or rows * cells <= LARGEST)
    return paid or rows == 1 or (rows <= MOST_ROWS and rows * cells <= CELLS)


def within_packed(version: int, rows: int, row_bytes: int, payload: int) -> bool:
    """Whether ``payload`` bytes may unpack to so many rows, where ``within`` holds."""
    return version >= FILLED or rows * row_bytes <= max(8 * CELLS, PACKED * payload)


def _weight(rows: int, cells: int) -> int:
    return rows * (cells + ROW)
