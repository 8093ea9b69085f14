"""How one column is written: the form of its values, missing cells, spaces and quotation marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.data.csv_text.arrow import arrow_modules
from quintet.data.csv_text.fields import QUOTING, quoted
from quintet.data.csv_text.limits import WIDEST, are_short
from quintet.data.csv_text.number_text import NumberText
from quintet.data.csv_text.time_text import TimeText

Array = np.ndarray[Any, Any]
Json = Any


@dataclass(frozen=True)
class Words:
    """The text of True and False, or text as it is.

    Parameters
    ----------
    words : of False and True; empty: values are text.
    """

    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not are_short(*self.words):
            raise ValueError(f"no cells are written as {self}")

    def to_json(self) -> list[Any]:
        """The fields."""
        return list(self.words)

    def texts(self, values: Sequence[Any]) -> list[str]:
        """The text of each value."""
        return [self.words[int(value)] for value in values] if self.words else [str(value) for value in values]


Form = NumberText | TimeText | Words
FORMS: dict[str, type[Form]] = {"number": NumberText, "time": TimeText}


@dataclass(frozen=True)
class ColumnText:
    """How a column is written.

    Parameters
    ----------
    form : of its values.
    missing : text of a missing cell, with its spaces.
    left, right : what stands before and behind a value.
    width : spaces before a value make it at least that wide.
    quoting : a rule of ``fields.QUOTING``.
    """

    form: Form
    missing: str = ""
    left: str = ""
    right: str = ""
    width: int = 0
    quoting: str = "minimal"

    def __post_init__(self) -> None:
        short = are_short(self.missing, self.left, self.right)
        if not short or not 0 <= self.width <= WIDEST or self.quoting not in QUOTING:
            raise ValueError(f"no column is written as {self}")

    def fields(self, values: Any, delimiter: str) -> list[str]:
        """The field of each value."""
        padded = (self.left + text.rjust(self.width) + self.right for text in self.form.texts(values))
        return [quoted(text, self.quoting, delimiter) for text in padded]

    def column(self, column: Any, delimiter: str) -> Any:
        """The fields of a typed Arrow column (n,), an Arrow array of strings."""
        pyarrow, _ = arrow_modules()
        values, codes = distinct(column)
        texts = [*self.fields(values, delimiter), quoted(self.missing, self.quoting, delimiter, missing=True)]
        return pyarrow.array(texts, pyarrow.string()).take(pyarrow.array(codes))

    def to_json(self) -> Json:
        """The fields; those at the end that are as usual are left out."""
        kind = next((name for name, form in FORMS.items() if isinstance(self.form, form)), "words")
        out = [kind, self.form.to_json(), self.missing, self.left, self.right, self.width, self.quoting]
        return out if out[3:] != ["", "", 0, "minimal"] else out[:3]

    @classmethod
    def from_json(cls, fields: Json) -> ColumnText:
        """The inverse of ``to_json``."""
        kind, form, *rest = fields
        made = FORMS[kind](*form) if kind in FORMS else Words(tuple(map(str, form)))
        return cls(made, *rest)


def distinct(column: Any) -> tuple[Any, Array]:
    """The distinct values of an Arrow column, and (n,) which of them each cell has; the last number where missing."""
    pyarrow, _ = arrow_modules()
    types = pyarrow.types
    kind, gone = column.type, np.asarray(column.is_null().to_numpy(zero_copy_only=False), dtype=bool)
    if types.is_string(kind):
        coded = column.combine_chunks().dictionary_encode()
        coded = coded.chunk(0) if hasattr(coded, "chunk") else coded
        return coded.dictionary.to_pylist(), _codes(coded.indices.fill_null(0).to_numpy(), gone, len(coded.dictionary))
    if types.is_null(kind):
        return [], np.zeros(len(column), np.int64)
    if types.is_timestamp(kind):
        bits = column.cast(pyarrow.int64()).fill_null(0).to_numpy()
    elif types.is_boolean(kind):
        bits = column.fill_null(False).to_numpy(zero_copy_only=False).astype(np.int64)
    else:
        bits = column.fill_null(0).to_numpy()
    dtype = bits.dtype
    found, codes = np.unique(np.ascontiguousarray(bits).view(f"i{dtype.itemsize}")[~gone], return_inverse=True)
    values: Any = found.view(dtype)
    every = np.zeros(len(gone), np.int64)
    every[~gone] = codes
    if types.is_timestamp(kind):
        return values.view(f"M8[{kind.unit}]"), _codes(every, gone, len(found))
    return values.tolist(), _codes(every, gone, len(found))


def _codes(codes: Array, gone: Array, count: int) -> Array:
    return np.where(gone, count, codes).astype(np.int64)
