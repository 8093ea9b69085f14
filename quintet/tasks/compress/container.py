"""The compressed file: what it is, of which model, of which rows, and whether it is whole.

magic "QNT" and version        4 bytes
kind of code                   1
model                          8   BLAKE2b of the model's fingerprint
content                        8   BLAKE2b of the rows, their dtype and shape (of lossy files: zeros)
dtype                          1 + 3
shape                          1 + a few
payload                            what the code wrote
whole                          8   BLAKE2b of everything above
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from quintet.errors import FileRefused
from quintet.tasks.compress.wire import Reader, Writer

MAGIC = b"QNT"
VERSION = 1
DIGEST = 8
STORED, CODED, LOSSY = 0, 1, 2


@dataclass(frozen=True)
class Container:
    """A compressed file in its parts."""

    kind: int
    model: bytes
    content: bytes
    dtype: np.dtype
    shape: tuple[int, ...]
    payload: bytes

    def to_bytes(self) -> bytes:
        """The file."""
        out = Writer()
        out.data += MAGIC + bytes([VERSION, self.kind]) + self.model + self.content
        out.blob(self.dtype.str.encode())
        out.varint(len(self.shape))
        for length in self.shape:
            out.varint(length)
        out.data += self.payload
        return bytes(out.data) + _digest(bytes(out.data))

    @classmethod
    def from_bytes(cls, blob: bytes, fingerprint: str) -> Container:
        """Read a file and refuse what is not one, is damaged, or belongs to another model than ``fingerprint``."""
        blob = bytes(blob)
        if blob[: len(MAGIC)] != MAGIC:
            raise FileRefused(
                f"This begins with {blob[:4]!r} and is no compressed quintet file: give what compress() returned."
            )
        if len(blob) > len(MAGIC) and blob[len(MAGIC)] > VERSION and blob[-DIGEST:] == _digest(blob[:-DIGEST]):
            raise FileRefused(
                f"The file has version {blob[len(MAGIC)]}; this quintet reads up to {VERSION}: update quintet."
            )
        if len(blob) < len(MAGIC) + 2 + 3 * DIGEST or blob[-DIGEST:] != _digest(blob[:-DIGEST]):
            raise FileRefused(
                f"The compressed file ({len(blob)} bytes) is damaged or cut short, by its checksum: fetch it again."
            )
        inside = Reader(blob[len(MAGIC) + 1 : -DIGEST])
        kind, model, content = inside.take(1)[0], inside.take(DIGEST), inside.take(DIGEST)
        if model != model_digest(fingerprint):
            raise FileRefused(
                f"The file was compressed with model {model.hex()}, this is model {model_digest(fingerprint).hex()}: "
                "decompress it with the model that compressed it."
            )
        dtype = _dtype(inside.blob())
        shape = tuple(inside.varint() for _ in range(inside.varint()))
        if kind not in (STORED, CODED, LOSSY) or not shape or math.prod(shape) >= 1 << 56:
            raise FileRefused(f"The compressed file holds code {kind} for shape {shape}, which no version writes.")
        return cls(kind, model, content, dtype, shape, inside.rest())


def _dtype(name: bytes) -> np.dtype:
    try:
        dtype = np.dtype(name.decode("ascii"))
    except (TypeError, ValueError) as error:
        raise FileRefused(f"The compressed file names cells of type {name!r}, which no version writes.") from error
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise FileRefused(f"The compressed file names cells of type {dtype}, which no version writes.")
    return dtype


def model_digest(fingerprint: str) -> bytes:
    """Eight bytes that name a model."""
    return _digest(fingerprint.encode())


def content_digest(X: np.ndarray) -> bytes:
    """Eight bytes over the rows' bits, their dtype and shape."""
    state = blake2b(f"{X.dtype.str}{X.shape}".encode(), digest_size=DIGEST)
    for start in range(0, len(X), 4096):
        state.update(np.ascontiguousarray(X[start : start + 4096]).tobytes())
    return state.digest()


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=DIGEST).digest()
