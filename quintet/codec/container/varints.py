"""Numbers, byte strings and arrays of the compressed file's headers: varints and packed arrays."""

from __future__ import annotations

import numpy as np

from quintet.codec.container.packing import pack, unpack
from quintet.errors import FileRefused

LONGEST_VARINT = 10  # bytes of the largest number, which has 70 bits


class ByteWriter:
    """Appends numbers and byte strings to ``data``."""

    def __init__(self) -> None:
        self.data = bytearray()

    def varint(self, number: int) -> None:
        """A whole number of at least 0, seven bits a byte, the lowest first."""
        while number >= 0x80:
            self.data.append(number & 0x7F | 0x80)
            number >>= 7
        self.data.append(number)

    def signed(self, number: int) -> None:
        """A whole number of either sign, zigzag-coded: numbers near zero take one byte."""
        self.varint(number << 1 if number >= 0 else (-number << 1) - 1)

    def blob(self, content: bytes) -> None:
        """A byte string, preceded by its length."""
        self.varint(len(content))
        self.data += content

    def array(self, values: np.ndarray) -> None:
        """An array's elements in little-endian order, packed; dtype and length are not written."""
        self.blob(pack(np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()))


class ByteReader:
    """Reads what ``ByteWriter`` wrote, and raises ``FileRefused`` where the bytes do not fit."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def at(self) -> int:
        """Number of bytes read so far."""
        return self._at

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        part = self._data[self._at : self._at + count]
        if len(part) != count:
            raise FileRefused("The compressed file ends too early: fetch it again.")
        self._at += count
        return part

    def varint(self) -> int:
        """See ``ByteWriter.varint``."""
        number = 0
        for place in range(0, 7 * LONGEST_VARINT, 7):
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << place
            if byte < 0x80:
                return number
        raise FileRefused("The compressed file holds a number that no version writes: fetch it again.")

    def signed(self) -> int:
        """See ``ByteWriter.signed``."""
        coded = self.varint()
        return -((coded + 1) >> 1) if coded & 1 else coded >> 1

    def signed64(self) -> int:
        """The next number with a sign, of 64 bits at most.

        Raises
        ------
        FileRefused
            If it is larger.
        """
        number = self.signed()
        if not -(1 << 63) <= number < 1 << 63:
            raise FileRefused("The compressed file holds a number that no version writes: fetch it again.")
        return number

    def blob(self) -> bytes:
        """See ``ByteWriter.blob``."""
        return self.take(self.varint())

    def array(self, dtype: str, count: int) -> np.ndarray:
        """See ``ByteWriter.array``; (count,) of ``dtype`` in native byte order."""
        native = np.dtype(dtype)
        content = unpack(self.blob(), count * native.itemsize)
        return np.frombuffer(content, native.newbyteorder("<")).astype(native)

    def rest(self) -> bytes:
        """All bytes that are not read yet."""
        return self.take(len(self._data) - self._at)
