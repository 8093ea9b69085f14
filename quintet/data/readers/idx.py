"""The idx format of MNIST: a magic number with type and rank, the shape, then the numbers, big-endian.

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
CHUNK = 1 << 24  # bytes read at once, so that a lying header cannot make us reserve memory


def read_idx(path: str | Path) -> Array:
    """Read an idx file, gzipped or not.

    Returns
    -------
    array : the shape and type that the file states, in the machine's byte order, writable.
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
        came = "more follow" if surplus else f"only {len(body)} follow"
        stated = "×".join(map(str, shape))
        raise FileRefused(f"{path} states {stated} values ({size} bytes) but {came}; fetch or write it again.")
    array = np.frombuffer(body, dtype=dtype).reshape(shape)
    return array if dtype.isnative else array.astype(dtype.newbyteorder("="))


def looks_like_idx(path: str | Path) -> bool:
    """Whether the (unzipped) file starts as an idx file does."""
    with reading(path) as file:
        start = file.read(4)
    return len(start) == 4 and start[:2] == b"\0\0" and start[2] in TYPES and start[3] > 0


def idx_header(file: IO[bytes], path: str | Path) -> tuple[np.dtype[np.generic], tuple[int, ...]]:
    """Type and shape, of a file at its start; it then stands at the numbers."""
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in TYPES or start[3] == 0:
        raise FileRefused(
            f"{path} starts with {start.hex(' ') or 'nothing'}, which is no idx file: those start with 00 00, "
            f"a type from 08 to 0e and the number of dimensions."
        )
    lengths = file.read(4 * start[3])
    if len(lengths) < 4 * start[3]:
        raise FileRefused(f"{path} ends within its header of {start[3]} dimensions; fetch or write it again.")
    return np.dtype(TYPES[start[2]]), struct.unpack(f">{start[3]}I", lengths)
