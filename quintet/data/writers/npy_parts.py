"""Rows written to an .npy file part by part, of which the number is known at the end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import IO, Any

import numpy as np

from quintet.data.readers.frames import Array


def write_parts(file: IO[bytes], parts: Iterator[Array]) -> int:
    """Write rows to an open .npy file part by part, and return their number.

    Parameters
    ----------
    file : must be seekable.
    parts : at least one array (n, *row_shape), all of one type and row_shape.
    """
    part = next(parts)
    form: dict[str, Any] = {"descr": np.lib.format.dtype_to_descr(part.dtype), "fortran_order": False}
    rows, row_shape = 0, part.shape[1:]
    _write_head(file, form | {"shape": (0, *row_shape)})
    for array in chain([part], parts):
        file.write(np.ascontiguousarray(array).tobytes())
        rows += len(array)
    file.seek(0)
    _write_head(file, form | {"shape": (rows, *row_shape)})
    return rows


def _write_head(file: IO[bytes], form: dict[str, Any]) -> None:
    """Write the header; NumPy pads it so that the number of rows may grow to 21 digits."""
    np.lib.format.write_array_header_1_0(file, form)
