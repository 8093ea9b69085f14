"""Files of version 1: one block in another wrapping, with one checksum over everything.

magic "QNT" and version        4 bytes
kind of code                   1
model, content                 8 + 8
dtype, shape                       as text and as varints
payload                            as in a block of today (of lossy files the content is zeros)
whole                          8   BLAKE2b of everything above
"""

from __future__ import annotations

import numpy as np

from quintet.codec.container.block_limits import within
from quintet.codec.container.blocks import Block
from quintet.codec.container.layout import DIGEST, DTYPES, LOSSY, MAGIC, RowFormat, digest
from quintet.codec.container.varints import ByteReader
from quintet.data.schema import Schema
from quintet.errors import FileRefused

LONGEST_NAME, MOST_AXES = 3, 4


def read_version1(content: bytes, schema: Schema) -> tuple[bytes, RowFormat, Block] | None:
    """The model's digest, the form and the rows' one block; None where this is no such file or a damaged one."""
    if content[:4] != MAGIC + b"\1" or content[-DIGEST:] != digest(content[:-DIGEST]):
        return None
    source = ByteReader(content[4:-DIGEST])
    kind, model, rows_digest = source.take(1)[0], source.take(DIGEST), source.take(DIGEST)
    name = source.take(min(source.varint(), LONGEST_NAME)).decode("ascii", "replace")
    shape = tuple(source.varint() for _ in range(min(source.varint(), MOST_AXES)))
    if name not in DTYPES or shape[1:] not in (schema.row_shape, (schema.size,)):
        raise FileRefused(
            f"The compressed file holds {name!r} cells of shape {shape}; this model's rows have the shape "
            f"{schema.row_shape}: the file is of another model, or was never whole."
        )
    form, payload = RowFormat(np.dtype(name), shape[1:] != schema.row_shape, kind == LOSSY), source.rest()
    if shape[0] and not within(1, shape[0], schema.size, len(payload)):
        raise FileRefused(f"The compressed file claims {shape[0]} rows in {len(payload)} bytes, more than it may hold.")
    content_digest = digest(payload) if kind == LOSSY else rows_digest
    return model, form, Block(kind, 0, shape[0], content_digest, payload, last=True, version=1)
