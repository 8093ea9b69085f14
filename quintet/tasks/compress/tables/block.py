"""One block of a table: the code of its cells, then the payload of everything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from quintet.codec.container.block_limits import pad_payload
from quintet.codec.container.checksums import DIGEST
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.mask_code import read_mask, write_mask
from quintet.data.columns.answers import decode_cells
from quintet.data.columns.build_frame import build_frame
from quintet.data.plain.base import PlainFrame
from quintet.data.plain.libraries import LIBRARIES, library_of
from quintet.data.schema import Schema
from quintet.errors import FileRefused, QuintetError
from quintet.tasks.compress.tables.cells import cells_of_frame
from quintet.tasks.compress.tables.payload import StreamSize, from_table_payload, to_table_payload

Array = np.ndarray[Any, Any]


def read_table(schema: Schema, frame: Any) -> tuple[Array, PlainFrame]:
    """The cells (n, size) of a frame, and its plain columns."""
    return cells_of_frame(schema, frame), library_of(frame).to_plain(frame)


def joined_payload(schema: Schema, coded: bytes, plain: PlainFrame, cells: Array) -> bytes:
    """The payload of a block with the code of its cells."""
    rest = to_table_payload(schema.columns, plain, cells)
    back, _ = from_table_payload(schema.columns, rest, cells)
    assert back.digest(DIGEST) == plain.digest(DIGEST), "the plain columns are kept bit for bit"
    out = ByteWriter()
    write_mask(out, np.isnan(cells))
    out.blob(coded)
    out.data += rest
    return pad_payload(bytes(out.data), *cells.shape)


def split_payload(payload: bytes, rows: int, cells: int) -> tuple[bytes, bytes, Array]:
    """The code of the cells, the rest, and the mask of missing cells (rows, cells), of ``joined_payload``."""
    source = ByteReader(payload)
    hidden = read_mask(source, rows, cells)
    coded = source.blob()
    return coded, source.rest(), hidden


def plain_table(schema: Schema, rest: bytes, cells: Array) -> tuple[PlainFrame, list[StreamSize]]:
    """The plain columns of a block, and the bytes of each beside the cells."""
    with _refusing():
        return from_table_payload(schema.columns, rest, cells)


def to_frame(plain: PlainFrame) -> Any:
    """The user's frame."""
    if plain.library not in LIBRARIES:
        raise FileRefused(f"The compressed file holds a frame of {plain.library!r}, which this version does not know.")
    with _refusing():
        return LIBRARIES[plain.library].from_plain(plain)


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn any error of a library that reads a forged structure into ``FileRefused``."""
    try:
        yield
    except (QuintetError, MemoryError):
        raise
    except Exception as error:
        raise FileRefused(
            f"The compressed file describes a table that cannot be built here ({type(error).__name__}): fetch it again."
        ) from error


def legal_frame(schema: Schema, cells: Array) -> Any:
    """A frame of the training rows' library with the legal values of cells (n, size)."""
    return build_frame(schema.columns, decode_cells(schema.columns, cells), schema.container)
