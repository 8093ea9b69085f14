"""Whether a message of an Arrow stream holds compressed buffers, read from its metadata before they are unpacked.

A few compressed bytes can state gigabytes, and PyArrow allocates what they state. The metadata is a FlatBuffer
(the format's files Message.fbs and Schema.fbs): a table is found by an offset, and its fields by a table of offsets
before it; an offset of 0 is a field that is not there.
"""

from __future__ import annotations

HEADER, DICTIONARY_DATA, BATCH_COMPRESSION = 2, 1, 3
"""Numbers of the fields: of Message its header, of DictionaryBatch its batch, of RecordBatch its compression."""


def is_compressed(metadata: bytes, kind: str) -> bool:
    """Whether the buffers of a message are compressed.

    Parameters
    ----------
    metadata : the FlatBuffer of the message.
    kind : "record batch" or "dictionary"; other messages have no buffers.

    Raises
    ------
    ValueError
        An offset points outside the metadata.
    """
    if kind not in ("record batch", "dictionary"):
        return False
    header = _table_at(metadata, _field(metadata, _number(metadata, 0, 4), HEADER))
    if header is not None and kind == "dictionary":
        header = _table_at(metadata, _field(metadata, header, DICTIONARY_DATA))
    if header is None:
        raise ValueError("the message has no batch")
    return _field(metadata, header, BATCH_COMPRESSION) is not None


def _field(data: bytes, table: int, number: int) -> int | None:
    """The position of a field of a table; None where the table lacks it."""
    shift = _number(data, table, 4)
    vtable = table - (shift - 2**32 if shift >= 2**31 else shift)
    place = 4 + 2 * number
    if place + 2 > _number(data, vtable, 2):
        return None
    offset = _number(data, vtable + place, 2)
    return table + offset if offset else None


def _table_at(data: bytes, place: int | None) -> int | None:
    """The position of the table that a field refers to."""
    return None if place is None else place + _number(data, place, 4)


def _number(data: bytes, place: int, size: int) -> int:
    if not 0 <= place <= len(data) - size:
        raise ValueError("an offset points outside the message")
    return int.from_bytes(data[place : place + size], "little")
