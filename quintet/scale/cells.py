"""Which columns of a source hold the cells of the model's rows, and how they become rows and columns again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow
from pyarrow import compute

from quintet.data.readers.frames import to_numpy
from quintet.data.schema import Array, Schema
from quintet.errors import InputError

SHOWN = 5
"""Most columns that a sentence names."""
CELLS = "x"
"""Name of the column of generated rows that are images."""


@dataclass(frozen=True)
class CellColumns:
    """The columns ``names`` of a source, which hold the cells of rows; ``listed``: one column, of lists."""

    names: tuple[str, ...]
    listed: bool = False

    @classmethod
    def of(cls, schema: Schema, source: pyarrow.Schema, aside: Collection[str] = ()) -> CellColumns:
        """The columns of cells among those of a source.

        Parameters
        ----------
        aside : columns that hold no cells, such as the condition.

        Raises
        ------
        InputError
            If the source lacks a column of training, or it is open which columns hold the cells.
        """
        if schema.columns or schema.feature_names:
            left_out = [column.name for column in schema.columns if not column.modelled]
            wanted = [column.name for column in schema.modelled] or list(schema.feature_names or ())
            _refuse_lacking(wanted, source)
            there = set(source.names)
            return cls((*wanted, *(name for name in left_out if name in there)))
        lists = [field.name for field in source if field.name not in aside and _is_list(field.type)]
        if len(lists) == 1:
            return cls((lists[0],), listed=True)
        numbered = [f"x{place}" for place in range(schema.size)]
        if set(numbered) <= set(source.names):
            return cls(tuple(numbered))
        numbers = [field.name for field in source if field.name not in aside and _is_number(field.type)]
        if len(numbers) != schema.size:
            raise InputError(
                f"The source must have the {schema.size} cells of a row as columns x0 to x{schema.size - 1}, as its "
                f"only columns of numbers, or as one column of lists, got {_listed(source.names)}."
            )
        return cls(tuple(numbers))

    def rows(self, table: pyarrow.Table, schema: Schema, named: bool) -> Any:
        """The rows as the model's methods take them: a table if ``named`` in training, or an array (n, *row_shape)."""
        if schema.columns or named:
            return table.select(list(self.names))
        array = self._lists(table, schema) if self.listed else to_numpy(table.select(list(self.names)))[0]
        return array.reshape(len(array), *schema.row_shape)

    def _lists(self, table: pyarrow.Table, schema: Schema) -> Array:
        column = table.column(self.names[0])
        if isinstance(column.type, pyarrow.ExtensionType):
            column = pyarrow.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
        lengths = set(compute.list_value_length(column).unique().to_pylist())
        if lengths != {schema.size}:
            odd = next(length for length in lengths if length != schema.size)
            found = "an empty cell" if odd is None else f"a list of {odd}"
            raise InputError(f"Column {self.names[0]!r} must hold lists of {schema.size} cells, got {found}.")
        cells = compute.list_flatten(column)
        return np.asarray(cells.to_numpy()).reshape(len(table), -1)

    def columns(self, rows: Array, schema: Schema, source: pyarrow.Schema | None = None) -> dict[str, pyarrow.Array]:
        """Rows (n, *row_shape) as columns, in a type that depends on the model and the source alone."""
        flat, own = rows.reshape(len(rows), -1), _dtype(schema)
        if self.listed:
            kind = own if source is None else _answer_type(_value_type(source.field(self.names[0]).type), own)
            cells = pyarrow.array(flat.reshape(-1)).cast(kind)
            return {self.names[0]: pyarrow.FixedSizeListArray.from_arrays(cells, schema.size)}
        made = {}
        for place, name in enumerate(self.names):
            kind = own if source is None else _answer_type(source.field(name).type, own)
            made[name] = pyarrow.array(np.ascontiguousarray(flat[:, place])).cast(kind)
        return made


def generated_columns(schema: Schema) -> CellColumns:
    """The columns of generated rows: one of lists for images, one for each cell of other rows."""
    if schema.feature_names:
        return CellColumns(tuple(schema.feature_names))
    if len(schema.row_shape) > 1:
        return CellColumns((CELLS,), listed=True)
    return CellColumns(tuple(f"x{place}" for place in range(schema.size)))


def _refuse_lacking(wanted: Sequence[str], source: pyarrow.Schema) -> None:
    there = set(source.names)
    lacking = [name for name in wanted if name not in there]
    if len(lacking) == len(wanted):
        raise InputError(
            f"The source must have the columns of training, {_listed(wanted)}, got {_listed(source.names)}."
        )
    if lacking:
        raise InputError(
            f"The source lacks {'columns' if len(lacking) > 1 else 'column'} {_listed(lacking)} of training: add "
            f"{'them' if len(lacking) > 1 else 'it'}, with empty cells where the value is unknown."
        )


def _is_list(kind: pyarrow.DataType) -> bool:
    types = pyarrow.types
    kind = kind.storage_type if isinstance(kind, pyarrow.ExtensionType) else kind
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _value_type(kind: pyarrow.DataType) -> pyarrow.DataType:
    return kind.storage_type.value_type if isinstance(kind, pyarrow.ExtensionType) else kind.value_type


def _is_number(kind: pyarrow.DataType) -> bool:
    types = pyarrow.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_boolean(kind))


def _dtype(schema: Schema) -> pyarrow.DataType:
    """The type of the model's answers: that of the training rows, float64 where means of integers are fractions."""
    dtype = np.dtype(schema.dtype)
    return pyarrow.from_numpy_dtype(np.dtype(np.float64) if schema.is_standardised and dtype.kind != "f" else dtype)


def _answer_type(source: pyarrow.DataType, own: pyarrow.DataType) -> pyarrow.DataType:
    """A type that holds the source's cells and the model's answers, whichever cells of a batch are missing."""
    types = pyarrow.types
    if types.is_floating(source):
        return source
    if not (types.is_integer(source) or types.is_boolean(source)):
        return pyarrow.float64() if types.is_decimal(source) else own
    both = np.result_type(np.dtype(source.to_pandas_dtype()), np.dtype(own.to_pandas_dtype()))
    return pyarrow.from_numpy_dtype(both)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:SHOWN]))
    return (shown or "none") + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")
