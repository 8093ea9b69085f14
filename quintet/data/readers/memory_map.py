"""Memory-mapped rows of .npy and idx files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from quintet.data.readers.frames import Array
from quintet.data.readers.idx import idx_header
from quintet.data.readers.npy import DAMAGE
from quintet.data.readers.opening import GZIP_MAGIC, existing_file
from quintet.errors import FileRefused

NPY_MAGIC = b"\x93NUMPY"


def map_rows(path: str | Path) -> Array | None:
    """Map the rows of a file read-only.

    None if the file cannot be mapped: compressed, of another format, not numbers, or damaged.
    """
    with open(existing_file(path), "rb") as file:
        start = file.read(len(NPY_MAGIC))
    try:
        if start == NPY_MAGIC:
            rows = np.load(path, mmap_mode="r", allow_pickle=False)
        elif start[:2] != GZIP_MAGIC and start[:2] == b"\0\0":
            rows = _map_idx(path)
        else:
            return None
    except (*DAMAGE, FileRefused):
        return None
    return rows if rows is not None and rows.ndim > 1 and rows.size and rows.dtype.kind in "biuf" else None


def _map_idx(path: str | Path) -> Array | None:
    """Map an idx file of bytes; wider numbers are big-endian and have to be read."""
    with open(path, "rb") as file:
        dtype, shape = idx_header(file, path)
        offset, size = file.tell(), file.seek(0, 2)
    if dtype.itemsize > 1 or size - offset != int(np.prod(shape)):
        return None
    return np.memmap(path, dtype, "r", offset, shape)
