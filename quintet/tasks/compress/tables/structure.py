"""The structure of a frame and the flags of its columns, deflated with what training showed as the dictionary."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

import numpy as np

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.data.columns.any_column import AnyColumn
from quintet.data.plain.base import PlainColumn, PlainFrame
from quintet.errors import FileRefused

MAX_STRUCTURE = 1 << 24
"""Most bytes of structure and flags."""
MOST_VALUES = 1 << 26
"""Most values of all columns, indices and levels of a block's frame."""
Lengths = list[int]
_SERIES = (
    b'["csv",[["timestamp","<i8","time","s",null,null],["value","<f8","number","",null,null]],'
    b'[["","<i8","number","",null,null],["","<i4","number","",null,null],["","|O","text","",null,null]],[0,0,0],'
    b'[["timestamp[s]","int64","double","double"],["","utf-8","timestamp,value\\n",",","\\n",'
    b'[["time",["ymd","-",true,true," ",true,0,true,"",0],""],["number",["shortest"],""],["number",["shortest"],""]]]]]'
)
"""The structure of a .csv file with a channel."""


def write_structure(out: ByteWriter, plain: PlainFrame, flags: bytes, columns: Sequence[AnyColumn]) -> None:
    """Write structure and flags, which take few bytes where the frame is as in training."""
    inner = ByteWriter()
    inner.blob(plain.structure().encode("utf-8", "surrogatepass"))
    inner.blob(flags)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=_usual(columns))
    out.varint(len(inner.data))
    out.blob(packer.compress(bytes(inner.data)) + packer.flush())


def read_structure(source: ByteReader, columns: Sequence[AnyColumn], rows: int) -> tuple[PlainFrame, Lengths, bytes]:
    """The frame without values, the lengths of its other columns, and the flags."""
    length = source.varint()
    unpacker = zlib.decompressobj(-15, zdict=_usual(columns))
    try:
        content = unpacker.decompress(source.blob(), min(length, MAX_STRUCTURE) + 1)
    except zlib.error as error:
        raise FileRefused("The structure of a compressed table cannot be unpacked: fetch it again.") from error
    if len(content) != length:
        raise FileRefused("The structure of a compressed table is not as long as it says: fetch it again.")
    inner = ByteReader(content)
    library, own, others, lengths, more = json.loads(inner.blob().decode("utf-8", "surrogatepass"))
    shown, hidden = (tuple(PlainColumn.empty(shell) for shell in part) for part in (own, others))
    if len(lengths) != len(hidden) or any(column.levels not in (None, *range(len(hidden))) for column in shown):
        raise FileRefused("The structure of a compressed table is none that any version writes: fetch it again.")
    counts = [int(count) for count in lengths]
    if rows * len(shown) + sum(map(abs, counts)) > MOST_VALUES:
        raise FileRefused("The compressed file claims more values than a block may hold: fetch it again.")
    return PlainFrame(library, rows, shown, hidden, more), counts, inner.blob()


def _usual(columns: Sequence[AnyColumn]) -> bytes:
    """The structure that a pandas frame with the names and types of training has; of no columns that of a series."""
    if not columns:
        return _SERIES
    shells = [_usual_shell(column) for column in columns]
    labels = ["texts", [None], ["", "|O", "text", "", ["string", "python", "nan"], None]]
    more = {"index": ["range", [None], [0, 1000, 1]], "labels": labels}
    return json.dumps(["pandas", shells, [], [], more], separators=(",", ":")).encode()


def _usual_shell(column: AnyColumn) -> list[object]:
    if column.dtype == "string":
        return [column.name, "|O", "text", "", ["string", "python", "nan"], None]
    if column.dtype == "category":
        return [column.name, "|i1", "level", "", ["category", ["values", [None], 0, None], False], 0]
    try:
        dtype = np.dtype(column.dtype)
    except TypeError:
        dtype = np.dtype(object)
    if dtype.kind == "O":
        return [column.name, "|O", "object", "", ["object"], None]
    if dtype.kind == "M":
        return [column.name, "<i8", "time", np.datetime_data(dtype)[0], ["numpy", dtype.str], None]
    return [column.name, dtype.str, "number", "", ["numpy", dtype.str], None]
