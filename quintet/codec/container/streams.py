"""Streams of values beside the coder's: numbers, text, codes and positions, each packed the shortest way."""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from quintet.codec.container.packing import pack, unpack
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.errors import FileRefused

Array = np.ndarray[Any, Any]
RAW, DELTAS, BYTE_PLANES = range(3)
"""How numbers are laid out before they are packed: as they are, as differences, or all first bytes first."""
PACKED, BZ2 = range(2)
EXPANSION = 4096
"""Most bytes that one byte of a payload may unpack to; payloads are padded to that."""
DAMAGED = "The compressed file holds a stream that no version writes: fetch it again."


class StreamWriter:
    """Appends streams to ``out``, and counts the bytes that they unpack to."""

    def __init__(self) -> None:
        self.out, self.unpacked = ByteWriter(), 0

    def content(self, content: bytes) -> None:
        """A byte string."""
        self.unpacked += len(content)
        self.out.varint(len(content))
        if not content:
            return
        packed, other = pack(content), bz2.compress(content) if len(content) > 256 else None
        use_other = other is not None and len(other) + 1 < len(packed)
        self.out.blob(bytes([BZ2]) + other if use_other and other is not None else bytes([PACKED]) + packed)

    def numbers(self, array: Array) -> None:
        """Numbers or booleans; dtype and length are not written."""
        if array.dtype.kind == "b":
            self.content(np.packbits(array).tobytes())
            return
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        laid = {form: how(little) for form, how in _LAYOUTS.items() if _fits(form, little)}
        form = min(laid, key=lambda form: len(zlib.compress(laid[form], 1)))
        self.out.data.append(form)
        self.content(laid[form])

    def texts(self, texts: Sequence[str]) -> None:
        """Text, separated by line ends; where some text holds one, preceded by its lengths."""
        content = [text.encode("utf-8", "surrogatepass") for text in texts]
        plain = not any(b"\n" in text for text in content)
        self.out.varint(int(plain))
        if not plain:
            self.numbers(np.array([len(text) for text in content], dtype=np.int64))
        self.content((b"\n" if plain else b"").join(content))

    def positions(self, chosen: Array) -> None:
        """(n,) of bool."""
        places = np.flatnonzero(chosen)
        gaps, bitmap = StreamWriter(), StreamWriter()
        gaps.out.varint(len(places))
        gaps.numbers(_narrow(np.diff(places, prepend=-1)))
        bitmap.numbers(chosen)
        shorter = min(gaps, bitmap, key=lambda writer: len(writer.out.data))
        self.out.varint(int(shorter is gaps))
        if shorter is gaps:
            self.out.varint(_narrow(np.diff(places, prepend=-1)).itemsize)
        self.out.data += shorter.out.data
        self.unpacked += shorter.unpacked


class StreamReader:
    """Reads what ``StreamWriter`` wrote from the bytes of one payload."""

    def __init__(self, payload: bytes, start: int = 0) -> None:
        self.source, self._left = ByteReader(payload), EXPANSION * max(1, len(payload))
        self.source.take(start)

    def refuse_more_than_allowed(self, count: int) -> None:
        """Refuse more values than the payload may hold, before they are allocated."""
        if not 0 <= count <= self._left:
            raise FileRefused(DAMAGED)

    def content(self) -> bytes:
        """See ``StreamWriter.content``."""
        length = self.source.varint()
        self._left -= length
        if self._left < 0:
            raise FileRefused(DAMAGED)
        if not length:
            return b""
        blob = self.source.blob()
        if blob[:1] == bytes([PACKED]):
            return unpack(blob[1:], length)
        try:
            found = bz2.BZ2Decompressor().decompress(blob[1:], length + 1) if blob[:1] == bytes([BZ2]) else b""
        except (OSError, EOFError, ValueError) as error:
            raise FileRefused(DAMAGED) from error
        if len(found) != length:
            raise FileRefused(DAMAGED)
        return found

    def numbers(self, dtype: np.dtype[Any], count: int) -> Array:
        """See ``StreamWriter.numbers``; (count,) in native byte order."""
        if dtype.kind == "b":
            return np.unpackbits(self._sized(-(-count // 8)), count=count).astype(bool)
        form, little = self.source.take(1)[0], dtype.newbyteorder("<")
        raw = self._sized(count * dtype.itemsize)
        if form == BYTE_PLANES:
            raw = np.ascontiguousarray(raw.reshape(dtype.itemsize, count).T).reshape(-1)
        if form == DELTAS:
            steps = raw.view(f"<u{dtype.itemsize}").astype(f"u{dtype.itemsize}")
            return np.cumsum(steps, dtype=steps.dtype).view(dtype)
        return raw.view(little).astype(dtype)

    def texts(self, count: int) -> list[str]:
        """See ``StreamWriter.texts``."""
        plain = self.source.varint()
        lengths = None if plain else self.numbers(np.dtype(np.int64), count)
        content = self.content()
        if lengths is None:
            parts = content.split(b"\n") if count else []
        else:
            ends = np.cumsum(lengths)
            parts = [content[end - length : end] for end, length in zip(ends, lengths, strict=True)]
        if len(parts) != count:
            raise FileRefused(DAMAGED)
        try:
            return [part.decode("utf-8", "surrogatepass") for part in parts]
        except UnicodeDecodeError as error:
            raise FileRefused(DAMAGED) from error

    def positions(self, rows: int) -> Array:
        """See ``StreamWriter.positions``; (rows,) of bool."""
        if not self.source.varint():
            return self.numbers(np.dtype(bool), rows)
        size, count = self.source.varint(), self.source.varint()
        if size not in (1, 2, 4, 8) or count > rows:
            raise FileRefused(DAMAGED)
        places = np.cumsum(self.numbers(np.dtype(f"u{size}"), count).astype(np.int64)) - 1
        if count and (places[0] < 0 or places[-1] >= rows):
            raise FileRefused(DAMAGED)
        out = np.zeros(rows, dtype=bool)
        out[places] = True
        return out

    def _sized(self, length: int) -> Array:
        content = self.content()
        if len(content) != length:
            raise FileRefused(DAMAGED)
        return np.frombuffer(content, np.uint8)


def _deltas(array: Array) -> bytes:
    whole = array.view(f"<u{array.itemsize}")
    return np.diff(whole, prepend=np.zeros(1, whole.dtype)).astype(whole.dtype).tobytes()


def _planes(array: Array) -> bytes:
    return np.ascontiguousarray(array.view(np.uint8).reshape(-1, array.itemsize).T).tobytes()


def _fits(form: int, array: Array) -> bool:
    """Whether a layout can differ from the plain one and help numbers of this type."""
    return form == RAW or (array.itemsize > 1 and array.size > 1 and (form == BYTE_PLANES or array.dtype.kind != "f"))


def _narrow(numbers: Array) -> Array:
    top = int(numbers.max(initial=0))
    return numbers.astype(next(f"u{size}" for size in (1, 2, 4, 8) if top < 1 << 8 * size))


_LAYOUTS: dict[int, Callable[[Array], bytes]] = {
    RAW: lambda array: array.tobytes(),
    DELTAS: _deltas,
    BYTE_PLANES: _planes,
}
