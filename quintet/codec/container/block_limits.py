"""How many rows a block may hold for its bytes: the bound on memory and work that a reader checks before allocating.

Rows with high probability under the model take almost no bits, so the bytes of their code bound nothing. From version 3
on a block is padded with zeros to one byte for every ``CELLS_PER_BYTE`` cells, each row counting for ``ROW_OVERHEAD``
further cells, and holds at most ``MAX_CELLS`` cells, or one row. Blocks of earlier versions may hold ``DEFAULT_CELLS``
cells in ``DEFAULT_ROWS`` rows whatever their bytes, which is the length that those versions wrote by default; longer
ones need the byte for every ``CELLS_PER_BYTE`` cells, and where they are packed without the model a byte for every
``MAX_EXPANSION`` bytes of rows.
"""

from __future__ import annotations

import math

DEFAULT_CELLS, DEFAULT_ROWS = 1 << 21, 1 << 16
"""Most cells and rows of a block whose length the user does not choose."""
MAX_CELLS = 1 << 22
CELLS_PER_BYTE, ROW_OVERHEAD, MAX_EXPANSION = 4096, 64, 64
PADDED_SINCE = 3
"""The first version whose blocks are padded."""


def pad_payload(payload: bytes, rows: int, cells: int) -> bytes:
    """The payload of a block of ``rows`` rows of ``cells`` cells, padded with zeros to the length that they need."""
    return payload.ljust(math.ceil(_weight(rows, cells) / CELLS_PER_BYTE), b"\0")


def is_within_limits(version: int, rows: int, cells: int, payload: int) -> bool:
    """Whether a block with a payload of ``payload`` bytes may hold so many rows."""
    paid = _weight(rows, cells) <= CELLS_PER_BYTE * payload
    if version >= PADDED_SINCE:
        return paid and (rows == 1 or rows * cells <= MAX_CELLS)
    return paid or rows == 1 or (rows <= DEFAULT_ROWS and rows * cells <= DEFAULT_CELLS)


def may_unpack(version: int, rows: int, row_bytes: int, payload: int) -> bool:
    """Whether ``payload`` packed bytes may unpack to so many rows, for a block that ``is_within_limits``."""
    return version >= PADDED_SINCE or rows * row_bytes <= max(8 * DEFAULT_CELLS, MAX_EXPANSION * payload)


def _weight(rows: int, cells: int) -> int:
    return rows * (cells + ROW_OVERHEAD)
