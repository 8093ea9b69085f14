"""The compressed file, part by part: a header, blocks of rows that stand alone, an index.

header   magic "QNT" and version   4
         form                      1    dtype, flat rows or not, lossy or not
         model                     8    4 bytes of BLAKE2b of the weights' fingerprint, 4 of weights' and schema's
                                        (before version 3: 8 bytes of the weights')
         mark                      4    what each block of this file begins with
         check                     4
block    mark                      4
         kind of code              1    with a bit where no block follows
         first row, rows, length        varints; length of the payload
         content                   8    BLAKE2b of the rows, their dtype and shape (of lossy blocks: of the payload)
         payload                        what the code wrote, and zeros where it is short (see ``bounds.py``)
         check                     4
index    form                      1
         blocks                         a varint, then the varints rows and length (of the whole block) of each
         check                     4
         length of all this        4

A check is BLAKE2b, keyed with the model, of all that stands before it in its part. The header is laid out like this in
every version from 2 on.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from quintet.data.schema import Schema
from quintet.errors import FileRefused
from quintet.models.fitted import Fitted

Array = np.ndarray[Any, Any]
MAGIC, VERSION = b"QNT", 3
DIGEST, CHECK, MARK = 8, 4, 4
HEADER = len(MAGIC) + 2 + DIGEST + MARK + CHECK
STORED, CODED, LOSSY = 0, 1, 2
KINDS = ("i2", "u2", "f2", "i4", "u4", "f4", "i8", "u8", "f8")
DTYPES = ("|b1", "|i1", "|u1", *(order + kind for order in "<>" for kind in KINDS))
FLAT, LOSES = 32, 64  # bits of the form
LAST = 64  # bit of the kind of code


@dataclass(frozen=True)
class RowFormat:
    """What the rows of a file are."""

    dtype: np.dtype[Any]
    flat: bool = False  # rows of (cells,), where the model's have more axes
    lossy: bool = False

    def to_byte(self) -> bytes:
        """One byte."""
        return bytes([DTYPES.index(self.dtype.str) | FLAT * self.flat | LOSES * self.lossy])

    @classmethod
    def from_byte(cls, code: int) -> RowFormat:
        """Of ``to_byte``."""
        if code & 31 >= len(DTYPES) or code >= 2 * LOSES:
            raise FileRefused(f"The compressed file has form {code}, which no version writes.")
        return cls(np.dtype(DTYPES[code & 31]), bool(code & FLAT), bool(code & LOSES))

    def row_shape(self, schema: Schema) -> tuple[int, ...]:
        """Of one row in the user's layout."""
        return (schema.size,) if self.flat else schema.row_shape


@dataclass(frozen=True)
class FileHeader:
    """What a file begins with."""

    version: int
    form: RowFormat
    model: bytes
    mark: bytes

    def to_bytes(self) -> bytes:
        """``HEADER`` bytes."""
        start = MAGIC + bytes([self.version]) + self.form.to_byte() + self.model + self.mark
        return start + part_checksum(self.model, start)

    @classmethod
    def from_bytes(cls, content: bytes) -> FileHeader | None:
        """The header at the start of ``content``, None where it is damaged."""
        start, model = content[: HEADER - CHECK], content[5 : 5 + DIGEST]
        whole = len(content) >= HEADER and content[HEADER - CHECK : HEADER] == part_checksum(model, start)
        if not whole or start[: len(MAGIC)] != MAGIC or start[3] < 2:
            return None
        return cls(start[3], RowFormat.from_byte(start[4]), model, start[-MARK:])


def part_checksum(model: bytes, content: bytes | bytearray) -> bytes:
    """Four bytes that an alteration changes, and another model."""
    return blake2b(content, digest_size=CHECK, key=model).digest()


def digest(content: bytes) -> bytes:
    """Eight bytes."""
    return blake2b(content, digest_size=DIGEST).digest()


def model_digest(fingerprint: str) -> bytes:
    """Eight bytes that name a model in files of version 1 and 2, of its weights' fingerprint."""
    return digest(fingerprint.encode())


def model_name(fitted: Fitted) -> bytes:
    """Eight bytes that name a model: the first half its weights, the second half weights and schema."""
    return digest((fitted.weights or fitted.fingerprint).encode())[:4] + digest(fitted.fingerprint.encode())[4:]


def model_identities(fitted: Fitted) -> tuple[bytes, bytes]:
    """What files of this model are named by: of today, and of version 1 and 2."""
    return model_name(fitted), model_digest(fitted.weights or fitted.fingerprint)


def content_digest(rows: Array) -> bytes:
    """Eight bytes over the rows' bits, their dtype and shape."""
    state = blake2b(f"{rows.dtype.str}{rows.shape}".encode(), digest_size=DIGEST)
    for start in range(0, len(rows), 4096):
        state.update(np.ascontiguousarray(rows[start : start + 4096]).tobytes())
    return state.digest()
