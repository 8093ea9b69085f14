"""Numbers and bytes in the few bytes that they need: the alphabet of the compressed file's headers."""

from __future__ import annotations

import lzma
import zlib
from typing import Any

import numpy as np

from quintet.errors import FileRefused

STORED, DEFLATED, LZMA = 0, 1, 2
LONGEST_VARINT = 10  # bytes of the largest number, which has 70 bits


class ByteWriter:
    """Appends numbers and bytes to ``data``."""

    def __init__(self) -> None:
        self.data = bytearray()

    def varint(self, number: int) -> None:
        """A whole number of at least 0, seven bits a byte, lowest first."""
        while number >= 0x80:
            self.data.append(number & 0x7F | 0x80)
            number >>= 7
        self.data.append(number)

    def signed(self, number: int) -> None:
        """A whole number of either sign, near zero in one byte."""
        self.varint(number << 1 if number >= 0 else (-number << 1) - 1)

    def blob(self, content: bytes) -> None:
        """Bytes behind their length."""
        self.varint(len(content))
        self.data += content

    def array(self, values: np.ndarray) -> None:
        """An array's elements in little-endian order, squeezed; the reader knows dtype and length."""
        self.blob(squeeze(np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()))


class ByteReader:
    """Reads what Writer wrote; anything that does not fit is a FileRefused."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def at(self) -> int:
        """Bytes that were read."""
        return self._at

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        part = self._data[self._at : self._at + count]
        if len(part) != count:
            raise FileRefused("The compressed file ends too early: fetch it again.")
        self._at += count
        return part

    def varint(self) -> int:
        """See Writer.varint."""
        number = 0
        for place in range(0, 7 * LONGEST_VARINT, 7):
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << place
            if byte < 0x80:
                return number
        raise FileRefused("The compressed file holds a number that no version writes: fetch it again.")

    def signed(self) -> int:
        """See Writer.signed."""
        coded = self.varint()
        return -((coded + 1) >> 1) if coded & 1 else coded >> 1

    def blob(self) -> bytes:
        """See Writer.blob."""
        return self.take(self.varint())

    def array(self, dtype: str, count: int) -> np.ndarray:
        """See Writer.array; (count,) of ``dtype`` in native order."""
        kind = np.dtype(dtype)
        content = unsqueeze(self.blob(), count * kind.itemsize)
        return np.frombuffer(content, kind.newbyteorder("<")).astype(kind)

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data) - self._at)


def squeeze(content: bytes) -> bytes:
    """The shortest of stored, deflated and LZMA, behind one byte that says which."""
    choices = [(STORED, content)]
    if len(content) > 8:
        choices.append((DEFLATED, _deflate(content)))
        # LZMA is slow; where deflate finds nothing at all, it hardly ever finds anything either.
        if len(choices[1][1]) < 0.98 * len(content):
            choices.append((LZMA, lzma.compress(content, lzma.FORMAT_RAW, filters=_lzma(len(content)))))
    how, best = min(choices, key=lambda choice: len(choice[1]))
    return bytes([how]) + best


def unsqueeze(content: bytes, length: int) -> bytes:
    """What ``squeeze`` took, which had ``length`` bytes."""
    if not content:
        raise FileRefused("A block of the compressed file is empty: fetch it again.")
    how, body = content[0], content[1:]
    try:
        if how == STORED:
            plain = body
        elif how == DEFLATED:
            plain = zlib.decompressobj(-15).decompress(body, length + 1)
        elif how == LZMA:
            plain = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_lzma(length)).decompress(body, length + 1)
        else:
            raise FileRefused(f"A block of the compressed file is packed by way {how}, which no version knows.")
    except (zlib.error, lzma.LZMAError, EOFError) as error:
        raise FileRefused("A block of the compressed file cannot be unpacked: fetch it again.") from error
    if len(plain) != length:
        raise FileRefused(f"A block of the compressed file has {len(plain)} bytes, not {length}: fetch it again.")
    return plain


def _lzma(length: int) -> list[dict[str, Any]]:
    """The strongest setting with a dictionary as long as the content, up to 64 MiB."""
    size = 1 << min(max(length.bit_length(), 12), 26)
    return [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": size}]


def _deflate(content: bytes) -> bytes:
    maker = zlib.compressobj(9, zlib.DEFLATED, -15)
    return maker.compress(content) + maker.flush()
