"""Reader of the idx format of MNIST: magic number with type and rank, shape, then numbers, big-endian.

Definition: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", section "File formats".
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import IO

import numpy as np

from quintet.data.readers.decompression_limits import ARRAY_ROOM, Unzipped, check_stated
from quintet.data.readers.frames import Array
from quintet.data.readers.opening import reading
from quintet.errors import FileRefused

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
CHUNK = 1 << 24  # bytes read at a time, so that a false header allocates no memory


def read_idx(path: str | Path) -> Array:
    """Read an idx file, gzipped or not.

    Returns
    -------
    array : of the shape and type in the header, in native byte order, writable.
    """
    with reading(path, ARRAY_ROOM) as file:
        dtype, shape = idx_header(file, path)
        size = math.prod(shape) * dtype.itemsize
        if isinstance(file, Unzipped):
            check_stated(path, Path(path).stat().st_size, size)
        body = bytearray()
        while len(body) < size and (part := file.read(min(CHUNK, size - len(body)))):
            body += part
        surplus = len(file.read(1))
    if len(body) < size or surplus:
        given = "more" if surplus else f"only {len(body)}"
        stated = "×".join(map(str, shape))
        raise FileRefused(
            f"{path} must hold the {stated} values ({size} bytes) of its header, got {given}: fetch or write it again."
        )
    array = np.frombuffer(body, dtype=dtype).reshape(shape)
    return array if dtype.isnative else array.astype(dtype.newbyteorder("="))


def looks_like_idx(path: str | Path) -> bool:
    """Whether the decompressed file starts with the magic number of an idx file."""
    with reading(path) as file:
        start = file.read(4)
    return len(start) == 4 and start[:2] == b"\0\0" and start[2] in TYPES and start[3] > 0


def idx_header(file: IO[bytes], path: str | Path) -> tuple[np.dtype[np.generic], tuple[int, ...]]:
    """Read dtype and shape from the start of a file; the position is then at the numbers."""
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in TYPES or start[3] == 0:
        raise FileRefused(
            f"{path} must be an idx file, which starts with 00 00, a type from 08 to 0e and the number of dimensions, "
            f"got {start.hex(' ') or 'nothing'}."
        )
    lengths = file.read(4 * start[3])
    if len(lengths) < 4 * start[3]:
        raise FileRefused(f"{path} ends within its header of {start[3]} dimensions: fetch or write it again.")
    return np.dtype(TYPES[start[2]]), struct.unpack(f">{start[3]}I", lengths)
