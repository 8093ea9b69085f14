"""Columns and frames as plain arrays, and the interface of the libraries that frames are of."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Literal

import numpy as np

from quintet.errors import InputError

Array = np.ndarray[Any, Any]
Json = Any
VALUE, NULL = 0, 1
"""Codes of a cell that has a value, and of one that is missing in the way of its type; objects have further codes."""
MOST_DECIMALS = 100
"""Most decimals of a column of decimal numbers; Arrow allows 76."""
Meaning = Literal["number", "time", "duration", "level", "text", "object", "decimal", "other"]


@dataclass(frozen=True)
class PlainColumn:
    """The values of one column, bit for bit.

    Parameters
    ----------
    name : of the column, as text.
    array : (n,) booleans, integers or floats, or an object array of str; 0 or "" where a cell has no value.
    codes : (n,) of uint8: ``VALUE``, ``NULL``, or the type of a Python object (see ``objects.py``).
    meaning : what the array holds: numbers; ticks since 1970 in UTC; ticks of spans, or since midnight; indices of
        levels; text; Python objects as text; decimal numbers as text; anything else.
    detail : the unit of time, or the number of decimals.
    type : the type of the column in its library, as JSON.
    levels : number of the column among ``PlainFrame.others`` that holds the levels.
    """

    name: str
    array: Array
    codes: Array
    meaning: Meaning
    detail: str = ""
    type: Json = None
    levels: int | None = None

    def __len__(self) -> int:
        return len(self.codes)

    def shell(self) -> list[Json]:
        """All but the values, as JSON."""
        return [self.name, self.array.dtype.str, self.meaning, self.detail, self.type, self.levels]

    @classmethod
    def empty(cls, shell: Sequence[Json]) -> PlainColumn:
        """The column of a shell, without values."""
        name, dtype, meaning, detail, kind, levels = shell
        if np.dtype(dtype).kind not in "biufO":
            raise ValueError(f"no column has the type {dtype}")
        if (np.dtype(dtype).kind == "O") != (meaning in ("text", "object", "decimal")):
            raise ValueError(f"no column of {meaning} has the type {dtype}")
        if meaning == "decimal" and abs(int(detail)) > MOST_DECIMALS:
            raise ValueError(f"no column has numbers of {detail} decimals")
        return cls(name, np.zeros(0, dtype), np.zeros(0, np.uint8), meaning, detail, kind, levels)

    def filled(self, array: Array, codes: Array) -> PlainColumn:
        """The column with these values."""
        return replace(self, array=array, codes=codes)

    def texts(self) -> list[str]:
        """Each value as text."""
        return [str(value) for value in self.array.tolist()]


@dataclass(frozen=True)
class PlainFrame:
    """A frame as plain columns.

    Parameters
    ----------
    library : name of the library.
    rows : number of rows.
    columns : the columns of the table, (rows,) each.
    others : index, levels and labels, of any lengths.
    more : whatever else the library needs, as JSON.
    """

    library: str
    rows: int
    columns: tuple[PlainColumn, ...]
    others: tuple[PlainColumn, ...] = ()
    more: Json = None

    def structure(self) -> str:
        """All but the values, as JSON."""
        columns, others = ([column.shell() for column in part] for part in (self.columns, self.others))
        lengths = [len(column) for column in self.others]
        return json.dumps([self.library, columns, others, lengths, self.more], separators=(",", ":"), allow_nan=False)

    def digest(self, size: int) -> bytes:
        """``size`` bytes over structure and values."""
        state = blake2b(self.structure().encode("utf-8", "surrogatepass"), digest_size=size)
        for column in (*self.columns, *self.others):
            state.update(column.codes.tobytes())
            if column.array.dtype.kind == "O":
                for value in column.array:
                    content = value.encode("utf-8", "surrogatepass")
                    state.update(len(content).to_bytes(8, "little") + content)
            else:
                state.update(np.ascontiguousarray(column.array).tobytes())
        return state.digest()


class Library(ABC):
    """Frames of one library."""

    name: str

    @abstractmethod
    def rows(self, frame: Any) -> int:
        """Number of rows."""

    @abstractmethod
    def take(self, frame: Any, rows: slice | Array) -> Any:
        """The frame of some rows."""

    @abstractmethod
    def concatenated(self, frames: Sequence[Any]) -> Any:
        """Frames with the same columns, one below the other."""

    @abstractmethod
    def types(self, frame: Any) -> Json:
        """Names and types of the columns: frames that are joined have the same."""

    @abstractmethod
    def to_plain(self, frame: Any) -> PlainFrame:
        """The frame as plain columns."""

    @abstractmethod
    def from_plain(self, plain: PlainFrame) -> Any:
        """The inverse of ``to_plain``."""


def from_numbers(name: str, array: Array, gone: Array | None = None, **rest: Any) -> PlainColumn:
    """Numbers, missing where ``gone`` and where a float is the usual NaN."""
    array = np.asarray(array)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise unsupported(name, array.dtype)
    lost = np.zeros(len(array), dtype=bool) if gone is None else np.asarray(gone, dtype=bool)
    if gone is None and array.dtype.kind == "f":
        lost = bits(array) == bits(np.array([np.nan], dtype=array.dtype))
    rest = {"meaning": "number", **rest}
    return PlainColumn(name, np.where(lost, array.dtype.type(0), array), lost.astype(np.uint8) * NULL, **rest)


def from_texts(name: str, cells: Sequence[str | None], **rest: Any) -> PlainColumn:
    """Text, missing where None."""
    array = np.empty(len(cells), dtype=object)
    array[:] = ["" if cell is None else cell for cell in cells]
    codes = np.array([NULL if cell is None else VALUE for cell in cells], dtype=np.uint8)
    return PlainColumn(name, array, codes, **{"meaning": "text", **rest})


def bits(array: Array) -> Array:
    """The bit patterns of numbers; text as it is."""
    if array.dtype.kind == "O":
        return array
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")


def unsupported(name: Any, kind: Any) -> InputError:
    """The error for a column that no file keeps."""
    return InputError(
        f"Column {name!r} of type {kind} cannot be compressed: convert it to numbers, text, True/False or dates."
    )
