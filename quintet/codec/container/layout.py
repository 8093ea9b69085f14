"""The compressed file, part by part: a header, blocks of rows that are decoded independently, and an index.

header   magic "QNT" and version   4
         row format                1    dtype, flat rows or not, lossy or not
         model                     8    its name (see ``model_identity.py``)
         mark                      4    the bytes with which each block of this file begins
         checksum                  4
block    mark                      4
         kind of code              1    one bit of it is set in the last block
         first row, rows, length        varints; the length is that of the payload
         content                   8    BLAKE2b of the rows, their dtype and shape (in lossy blocks: of the payload)
         payload                        the entropy coder's output, padded with zeros (see ``block_limits.py``)
         checksum                  4
index    row format                1
         blocks                         their number, then rows and length (of the whole block) of each, as varints
         checksum                  4
         length of the index       4

A part's checksum is BLAKE2b, keyed with the model's name, of everything before it in the part. The header has this
layout in every version from 2 on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.codec.container.checksums import CHECK, DIGEST, part_checksum
from quintet.errors import FileRefused

MAGIC, VERSION, TABLES, CSV, STEPS = b"QNT", 3, 4, 5, 6
"""The version of files of rows; that of files of tables, whose payloads also hold the streams of
``tasks/compress/tables``; that of tables with the text of their CSV file; and that of rows of steps under a context
decoder, which are coded in fixed point. Earlier readers refuse later versions."""
LATEST = STEPS
MARK = 4
HEADER = len(MAGIC) + 2 + DIGEST + MARK + CHECK
STORED, CODED, LOSSY, BLOCKS = 0, 1, 2, 3
"""Kinds of code: packed without the model, lossless under the model, latents only, coefficients of images' blocks."""
LOSSY_KINDS = (LOSSY, BLOCKS)
LAST = 64
"""The bit of the kind of code that the last block sets."""
NUMBERS = ("i2", "u2", "f2", "i4", "u4", "f4", "i8", "u8", "f8")
DTYPES = ("|b1", "|i1", "|u1", *(order + number for order in "<>" for number in NUMBERS))
DTYPE_BITS, FLAT_BIT, LOSSY_BIT = 31, 32, 64
"""Bits of the row format."""


@dataclass(frozen=True)
class RowFormat:
    """Dtype and layout of the rows of a file.

    Parameters
    ----------
    dtype : the user's dtype.
    flat : whether rows are (cells,) although the model's rows have more axes.
    lossy : whether the file keeps latents only, or coefficients of blocks.
    """

    dtype: np.dtype[Any]
    flat: bool = False
    lossy: bool = False

    def to_byte(self) -> bytes:
        """The format as one byte."""
        return bytes([DTYPES.index(self.dtype.str) | FLAT_BIT * self.flat | LOSSY_BIT * self.lossy])

    @classmethod
    def from_byte(cls, code: int) -> RowFormat:
        """The inverse of ``to_byte``."""
        if code & DTYPE_BITS >= len(DTYPES) or code >= 2 * LOSSY_BIT:
            raise FileRefused(f"The compressed file has row format {code}, which no version writes: fetch it again.")
        return cls(np.dtype(DTYPES[code & DTYPE_BITS]), bool(code & FLAT_BIT), bool(code & LOSSY_BIT))

    def row_shape(self, model_row_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of one row in the user's layout, for a model with rows of ``model_row_shape``."""
        return (math.prod(model_row_shape),) if self.flat else model_row_shape


@dataclass(frozen=True)
class FileHeader:
    """The first ``HEADER`` bytes of a file."""

    version: int
    form: RowFormat
    model: bytes
    mark: bytes

    def to_bytes(self) -> bytes:
        """The header as ``HEADER`` bytes."""
        start = MAGIC + bytes([self.version]) + self.form.to_byte() + self.model + self.mark
        return start + part_checksum(self.model, start)

    @classmethod
    def from_bytes(cls, content: bytes) -> FileHeader | None:
        """The header at the start of ``content``; None where it is damaged."""
        start, model = content[: HEADER - CHECK], content[5 : 5 + DIGEST]
        whole = len(content) >= HEADER and content[HEADER - CHECK : HEADER] == part_checksum(model, start)
        if not whole or start[: len(MAGIC)] != MAGIC or start[3] < 2:
            return None
        return cls(start[3], RowFormat.from_byte(start[4]), model, start[-MARK:])
