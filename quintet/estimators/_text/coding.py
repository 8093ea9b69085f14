"""The file of compressed lines: what is in it, and whether it is whole.

magic "QNX" and version        4 bytes
source                         1   strings or a file, and of a file how it is written beside its lines
lines, characters              a few: their numbers; line feeds count as characters
how                            1   by the model's rows of tokens, or packed without it, where that is shorter
content                            a file of ``VAE.compress``, or the lines' lengths and bytes, packed
whole                          8   BLAKE2b of everything above
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from quintet.codec.container.packing import pack, unpack
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.data.sequences.text.lines_file import ENDS, FileForm
from quintet.data.sequences.text.reading import Lines
from quintet.data.sequences.text.vocabulary import to_bytes
from quintet.errors import FileRefused
from quintet.estimators._text.token_rows import TextModel, of_each_row

MAGIC, VERSION, DIGEST = b"QNX", 2, 8
STRINGS, FILE, CLOSED, MARKED, ARRAY = 0, 1, 2, 4, 32
END_SHIFT = 3
PACKED, TOKENS = 0, 1
WITH_CHARACTERS = 2
"""The first version whose files state the number of characters."""


def is_text(blob: bytes) -> bool:
    """Whether these are the bytes of compressed lines."""
    return blob[: len(MAGIC)] == MAGIC


def compress_text(text: TextModel, lines: Lines, condition: Any, options: dict[str, Any]) -> bytes:
    """The file's bytes: the shorter of tokens by the model and of lines packed without it."""
    out = ByteWriter()
    out.data += MAGIC + bytes([VERSION, _flags(lines)])
    out.varint(len(lines.all))
    out.varint(sum(map(len, lines.all)) + len(lines.all))
    ways = [bytes([PACKED]) + _packed(lines.all)]
    if lines.all:
        rows, owners = text.description.rows(lines.all)
        each = of_each_row(condition, owners, len(lines.all))
        ways.append(bytes([TOKENS]) + text.vae.compress(rows, each, **options))
    out.data += min(ways, key=len)
    return bytes(out.data) + _digest(bytes(out.data))


def decompress_text(text: TextModel, blob: bytes, **options: Any) -> Any:
    """What was compressed: strings as a list or an array, or the bytes of a file."""
    flags, count, _, inside = _opened(bytes(blob))
    how, content = inside.take(1)[0], inside.rest()
    if how == PACKED:
        lines = _unpacked(content, count)
    else:
        lines = text.description.lines(text.vae.decompress(content, **options))
    if len(lines) != count:
        raise FileRefused(f"The compressed text has {len(lines)} lines, not {count}: fetch it again.")
    if flags & FILE:
        end = ENDS[flags >> END_SHIFT & 3]
        return FileForm(end, closed=bool(flags & CLOSED), marked=bool(flags & MARKED)).written(lines)
    return np.array([*lines, None], dtype=object)[:-1] if flags & ARRAY else lines


def about_text(blob: bytes) -> dict[str, Any]:
    """What a file holds, in a sentence and in figures; no model is needed."""
    flags, count, characters, inside = _opened(blob)
    by_model = inside.take(1)[0] == TOKENS
    source = "a file of text" if flags & FILE else "strings"
    how = "coded by a model of text" if by_model else "packed without a model, which was shorter"
    about: dict[str, Any] = {
        "holds": f"{count:,} line{'s' * (count != 1)} of {source}, {how}",
        "lines": count,
        "bytes": len(blob),
    }
    about["bits_a_line"] = 8 * len(blob) / max(count, 1)
    if characters is not None:
        about |= {"characters": characters, "bits_per_character": 8 * len(blob) / max(characters, 1)}
    return about | {"restores": "byte for byte" if flags & FILE else "string for string"}


def _flags(lines: Lines) -> int:
    form = lines.file
    if form is None:
        return ARRAY if isinstance(lines.like, np.ndarray) else STRINGS
    return FILE | CLOSED * form.closed | MARKED * form.marked | ENDS.index(form.end) << END_SHIFT


def _packed(lines: list[str]) -> bytes:
    """The lines' lengths in bytes and the bytes themselves."""
    parts = [to_bytes(line) for line in lines]
    out, content = ByteWriter(), b"".join(parts)
    out.array(np.array([len(part) for part in parts], dtype=np.uint32))
    out.varint(len(content))
    out.data += pack(content)
    return bytes(out.data)


def _unpacked(content: bytes, count: int) -> list[str]:
    inside = ByteReader(content)
    lengths = inside.array("uint32", count).tolist()
    total = inside.varint()
    if total != sum(lengths):
        raise FileRefused("The lengths of the compressed lines do not fit their bytes: fetch the file again.")
    text = unpack(inside.rest(), total)
    return [text[a:b].decode("utf-8", "surrogateescape") for a, b in pairwise(accumulate(lengths, initial=0))]


def _opened(blob: bytes) -> tuple[int, int, int | None, ByteReader]:
    """The kind of source, the number of lines and of characters (None: not stated), and the reader of what follows.

    Raises
    ------
    FileRefused
        No such file, a later version, damaged or cut short.
    """
    if not is_text(blob):
        raise FileRefused(f"This begins with {blob[:4]!r} and holds no compressed text: give what compress() gave.")
    if blob[-DIGEST:] != _digest(blob[:-DIGEST]):
        raise FileRefused(f"The compressed text ({len(blob)} bytes) is damaged or cut short: fetch it again.")
    if (version := blob[len(MAGIC)]) > VERSION:
        raise FileRefused(f"The file has version {version}; this quintet reads up to {VERSION}: update it.")
    inside = ByteReader(blob[len(MAGIC) + 1 : -DIGEST])
    flags, count = inside.take(1)[0], inside.varint()
    return flags, count, inside.varint() if version >= WITH_CHARACTERS else None, inside


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=DIGEST).digest()
