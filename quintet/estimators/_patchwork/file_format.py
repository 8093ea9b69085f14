"""The file of compressed pictures: what is in it, and whether it is whole.

magic "QNP" and version        4 bytes; 2 where the file is BLOCKED or has names and metadata, else 1
how                            1   TILED, BLOCKED, or PACKED: all pixels without the model, where that is shorter
stacked                        1   whether a stack or a list comes back
dtype, channels                a few
pictures, their sizes          a few each
names and metadata                 of the pictures' files, packed behind its length, 0 where there are none; version 2
TILED: blobs                       files of ``VAE.compress``, each of up to ``coding.TILES`` tiles
       edges                       by EDGE_TILES or by PACKED, behind a byte that says which
PACKED: pixels                     by ``plain``
BLOCKED: blobs                     coefficients of each picture's blocks, lossy
whole                          8   BLAKE2b of everything above
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from quintet.codec.container.packing import pack, unpack
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.data.patches.grid import Size
from quintet.data.readers.image_metadata import PictureFile
from quintet.data.schema import Array
from quintet.errors import FileRefused, InputError

MAGIC, VERSION, DIGEST = b"QNP", 2, 8
"""Files of version 2 may be BLOCKED, and have names and metadata of the pictures' files; earlier readers refuse them by
their version."""
LONGEST = 1 << 26
"""Most bytes of all names and metadata, before they are packed."""
TILED, PACKED, EDGE_TILES, BLOCKED = 0, 1, 2, 3


@dataclass(frozen=True)
class PictureFormat:
    """What the pictures are, beside their pixels."""

    stacked: bool
    dtype: np.dtype
    channels: tuple[int, ...]
    sizes: list[Size]
    files: tuple[PictureFile, ...] = ()

    def whole(self, pictures: list[Array]) -> Any:
        """The pictures in the form given to ``compress``."""
        return np.stack(pictures) if self.stacked else pictures


def is_pictures(blob: bytes) -> bool:
    """Whether these are the bytes of compressed pictures."""
    return blob[: len(MAGIC)] == MAGIC


def head(form: PictureFormat, how: int) -> ByteWriter:
    """The beginning of a file."""
    out = ByteWriter()
    version = VERSION if how == BLOCKED or form.files else 1
    out.data += MAGIC + bytes([version, how, form.stacked])
    out.blob(form.dtype.str.encode())
    sides = [side for size in form.sizes for side in size]
    for number in (len(form.channels), *form.channels, len(form.sizes), *sides):
        out.varint(number)
    if version == VERSION:
        content = _files_content(form.files)
        out.varint(len(content))
        out.blob(pack(content))
    return out


def closed(content: ByteWriter) -> bytes:
    """The file's bytes."""
    return bytes(content.data) + _digest(bytes(content.data))


def opened(blob: bytes) -> tuple[int, PictureFormat, ByteReader]:
    """How the pictures were coded, what they are, and the reader of what follows.

    Raises
    ------
    FileRefused
        No such file, a later version, damaged or cut short.
    """
    if blob[:3] == b"QNT":
        raise FileRefused("This file holds rows of the trained size: give it to VAE.decompress.")
    if not is_pictures(blob):
        raise FileRefused(f"This begins with {blob[:4]!r} and holds no compressed pictures: give what compress() gave.")
    if blob[-DIGEST:] != _digest(blob[:-DIGEST]):
        raise FileRefused(f"The compressed pictures ({len(blob)} bytes) are damaged or cut short: fetch them again.")
    if (version := blob[len(MAGIC)]) > VERSION:
        raise FileRefused(f"The file has version {version}; this quintet reads up to {VERSION}: update it.")
    inside = ByteReader(blob[len(MAGIC) + 1 : -DIGEST])
    how, stacked = inside.take(2)
    dtype = np.dtype(inside.blob().decode("ascii"))
    channels = tuple(inside.varint() for _ in range(inside.varint()))
    sizes = [(inside.varint(), inside.varint()) for _ in range(inside.varint())]
    files = _read_files(inside, len(sizes)) if version == VERSION else ()
    return how, PictureFormat(bool(stacked), dtype, channels, sizes, files), inside


def files_of(blob: bytes) -> tuple[PictureFile, ...]:
    """Names and metadata of the files of compressed pictures; empty where the pictures were no files."""
    return opened(blob)[1].files


def _files_content(files: tuple[PictureFile, ...]) -> bytes:
    out = ByteWriter()
    for file in files:
        out.blob(file.name.encode())
        out.varint(len(file.metadata))
        for kind, content in file.metadata.items():
            out.blob(kind.encode())
            out.blob(content)
    if len(out.data) > LONGEST:
        raise InputError(
            f"Names and metadata of the pictures must have at most {LONGEST >> 20} MiB, got {len(out.data)} bytes: "
            "compress fewer pictures at a time."
        )
    return bytes(out.data)


def _read_files(inside: ByteReader, count: int) -> tuple[PictureFile, ...]:
    length = inside.varint()
    if length > LONGEST:
        raise FileRefused(f"The compressed pictures state {length} bytes of names and metadata: fetch them again.")
    packed, found = inside.blob(), []
    if not length:
        return ()
    held = ByteReader(unpack(packed, length))
    for _ in range(count):
        name = held.blob().decode("utf-8", "replace")
        pairs = [(held.blob().decode("utf-8", "replace"), held.blob()) for _ in range(held.varint())]
        found.append(PictureFile(name, dict(pairs)))
    return tuple(found)


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=DIGEST).digest()
