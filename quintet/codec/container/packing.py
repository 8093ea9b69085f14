"""General-purpose packing of bytes, without a model: the shortest of stored, deflated and LZMA."""

from __future__ import annotations

import lzma
import zlib
from typing import Any

from quintet.errors import FileRefused

STORED, DEFLATED, LZMA = 0, 1, 2
SHORTEST = 8  # bytes up to which nothing can be gained
LITTLE_GAIN = 0.98
"""Where deflate saves less than 2 %, LZMA is not tried: it is slow and hardly ever finds anything there either."""


def pack(content: bytes) -> bytes:
    """The shortest of stored, deflated and LZMA, after one byte that names it."""
    choices = [(STORED, content)]
    if len(content) > SHORTEST:
        choices.append((DEFLATED, _deflate(content)))
        if len(choices[1][1]) < LITTLE_GAIN * len(content):
            choices.append((LZMA, lzma.compress(content, lzma.FORMAT_RAW, filters=_lzma(len(content)))))
    method, shortest = min(choices, key=lambda choice: len(choice[1]))
    return bytes([method]) + shortest


def unpack(content: bytes, length: int) -> bytes:
    """The inverse of ``pack``, for an original of ``length`` bytes; it never allocates more than that."""
    if not content:
        raise FileRefused("A block of the compressed file is empty: fetch it again.")
    method, body = content[0], content[1:]
    try:
        if method == STORED:
            plain = body
        elif method == DEFLATED:
            plain = zlib.decompressobj(-15).decompress(body, length + 1)
        elif method == LZMA:
            plain = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_lzma(length)).decompress(body, length + 1)
        else:
            raise FileRefused(
                f"A block of the compressed file is packed by method {method}, which no version writes: fetch it again."
            )
    except (zlib.error, lzma.LZMAError, EOFError) as error:
        raise FileRefused("A block of the compressed file cannot be unpacked: fetch it again.") from error
    if len(plain) != length:
        raise FileRefused(f"A block of the compressed file has {len(plain)} bytes, not {length}: fetch it again.")
    return plain


def _lzma(length: int) -> list[dict[str, Any]]:
    """The strongest setting, with a dictionary as long as the content, up to 64 MiB."""
    size = 1 << min(max(length.bit_length(), 12), 26)
    return [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": size}]


def _deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()
