"""Files of version 1: one block in another wrapping, with one checksum over the whole file.

magic "QNT" and version        4 bytes
kind of code                   1
model, content                 8 + 8
dtype, shape                       a text and varints
payload                            as in a block of today (of lossy files the content is zeros)
checksum of the file           8   BLAKE2b of everything above
"""

from __future__ import annotations

import math

import numpy as np

from quintet.codec.container.block_limits import is_within_limits
from quintet.codec.container.blocks import Block
from quintet.codec.container.checksums import DIGEST, digest
from quintet.codec.container.layout import DTYPES, LOSSY, MAGIC, RowFormat
from quintet.codec.container.varints import ByteReader
from quintet.errors import FileRefused

LONGEST_DTYPE, MOST_AXES = 3, 4


def read_version1(content: bytes, row_shape: tuple[int, ...]) -> tuple[bytes, RowFormat, Block] | None:
    """The model's name, the row format and the only block; None where ``content`` is no such file or damaged.

    Parameters
    ----------
    content : the whole file.
    row_shape : shape of the model's rows in the user's layout.
    """
    if content[:4] != MAGIC + b"\1" or content[-DIGEST:] != digest(content[:-DIGEST]):
        return None
    source = ByteReader(content[4:-DIGEST])
    kind, model, rows_digest = source.take(1)[0], source.take(DIGEST), source.take(DIGEST)
    name = source.take(min(source.varint(), LONGEST_DTYPE)).decode("ascii", "replace")
    shape = tuple(source.varint() for _ in range(min(source.varint(), MOST_AXES)))
    cells = math.prod(row_shape)
    if name not in DTYPES or shape[1:] not in (row_shape, (cells,)):
        raise FileRefused(
            f"The compressed file holds {name!r} cells of shape {shape}; this model's rows have the shape {row_shape}: "
            "decompress it with the model that compressed it, or fetch it again."
        )
    form, payload = RowFormat(np.dtype(name), shape[1:] != row_shape, kind == LOSSY), source.rest()
    if shape[0] and not is_within_limits(1, shape[0], cells, len(payload)):
        raise FileRefused(
            f"The compressed file claims {shape[0]} rows in {len(payload)} bytes, more than it may hold: "
            "fetch it again."
        )
    content_digest = digest(payload) if kind == LOSSY else rows_digest
    return model, form, Block(kind, 0, shape[0], content_digest, payload, last=True, version=1)
