"""Digests and checksums of the container, all of them BLAKE2b."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
DIGEST, CHECK = 8, 4
"""Bytes of a digest and of a checksum."""
ROWS_AT_A_TIME = 4096


def part_checksum(model: bytes, content: bytes | bytearray) -> bytes:
    """``CHECK`` bytes over one part of a file, keyed with the model's name: another model has another checksum."""
    return blake2b(content, digest_size=CHECK, key=model).digest()


def digest(content: bytes) -> bytes:
    """``DIGEST`` bytes over the content."""
    return blake2b(content, digest_size=DIGEST).digest()


def content_digest(rows: Array) -> bytes:
    """``DIGEST`` bytes over the rows' bits, dtype and shape."""
    state = blake2b(f"{rows.dtype.str}{rows.shape}".encode(), digest_size=DIGEST)
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        state.update(np.ascontiguousarray(rows[start : start + ROWS_AT_A_TIME]).tobytes())
    return state.digest()
