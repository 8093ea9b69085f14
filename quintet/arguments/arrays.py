"""Rules for array-like arguments, which inspect the object before its cells are read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from numbers import Integral, Number
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from quintet.arguments.rules import REFUSED, Rule

NO_CELLS = (str, bytes, bytearray, Number, Mapping, Set, os.PathLike, slice, type, np.generic)
UNKNOWN_TO_NUMPY = ("torch.bfloat16", "torch.float8_e4m3fn", "torch.float8_e5m2")
WAYS_IN = ("__len__", "__array__", "__dataframe__", "__arrow_c_stream__", "columns")
"""Attributes of array-like objects, of which each has at least one."""


class Frame(Protocol):
    """A data frame of pandas, Polars or Arrow, or of a library like these."""

    @property
    def columns(self) -> Any:
        """The columns, or their names."""


@dataclass(frozen=True)
class Cells(Rule):
    """Array, tensor, data frame or lists; ``streams``: also an iterator of these; ``even``: no ragged lists.

    The items of lists of rows are checked by their readers.
    """

    words: str = "an array, a tensor, a data frame or a list of rows"
    streams: bool = False
    even: bool = False

    def convert(self, value: Any) -> Any:
        """The object; an array for a tensor."""
        if value is None or isinstance(value, NO_CELLS) or getattr(value, "ndim", 1) == 0:
            return REFUSED
        if isinstance(value, Iterator):
            return value if self.streams else REFUSED
        if _sparse(value) or _tensor_cure(value) or not any(hasattr(value, name) for name in WAYS_IN):
            return REFUSED
        if self.even and isinstance(value, list | tuple) and as_array(value) is None:
            return REFUSED
        return _untracked(value) if _is_tensor(value) else value

    def cure(self, value: Any) -> str:
        """How to convert the object to an array."""
        if _sparse(value):
            return "a sparse matrix becomes dense by .toarray()"
        if isinstance(value, str | os.PathLike):
            return _file_cure(value)
        if isinstance(value, Mapping):
            return "make a data frame of its columns"
        if isinstance(value, Iterator):
            return "make a list of its items"
        return _tensor_cure(value)


@dataclass(frozen=True)
class Numbers(Rule):
    """Array of numbers; ``axes`` holds the allowed numbers of dimensions, None: any."""

    axes: tuple[int, ...] | None = None
    words: str = "an array of finite numbers"
    finite: bool = True

    def convert(self, value: Any) -> Any:
        """The value as an array of numbers or booleans."""
        array = as_array(value)
        if array is None or (self.axes is not None and array.ndim not in self.axes):
            return REFUSED
        if array.dtype.kind not in "biuf" or not array.size:
            return REFUSED
        return array if not self.finite or array.dtype.kind != "f" or np.isfinite(array).all() else REFUSED

    def cure(self, value: Any) -> str:
        """The cure for tensors and sparse matrices."""
        return Cells().cure(value)


@dataclass(frozen=True)
class Mask(Rule):
    """Array of booleans, or of 1 and 0; ``lists``: also a list with one such array for each picture."""

    words: str = "an array of True and False, True where a cell is missing"
    lists: bool = False

    def convert(self, value: Any) -> Any:
        """The value as a boolean array, or a list of them; a frame as it is, since its columns have names."""
        if self.lists and isinstance(value, list | tuple):
            parts = [self.convert(part) for part in value]
            return REFUSED if any(part is REFUSED for part in parts) else parts
        array = as_array(value)
        if array is None or not (array.dtype.kind == "b" or _zeros_and_ones(array)):
            return REFUSED
        return value if hasattr(value, "columns") else array.astype(bool, copy=False)

    def cure(self, value: Any) -> str:
        """The cure for tensors and sparse matrices."""
        return Cells().cure(value)


@dataclass(frozen=True)
class Which(Rule):
    """Selection of rows: a slice, row numbers, or a mask."""

    words = "a slice, a list of row numbers, or True and False for each row"

    def convert(self, value: Any) -> Any:
        """The slice or range, or an array (k,) of int or bool."""
        if isinstance(value, slice):
            parts = (value.start, value.stop, value.step)
            whole = all(part is None or isinstance(part, Integral) for part in parts)
            return value if whole and value.step != 0 else REFUSED
        if isinstance(value, range):
            return value
        array = as_array(value)
        if array is None or array.ndim != 1 or (array.dtype.kind not in "biu" and array.size):
            return REFUSED
        return array


@dataclass(frozen=True)
class Forward(Rule):
    """Selection of rows of a stream, a slice with a positive step."""

    words = "a slice with a step of at least 1, as a stream goes forward"

    def convert(self, value: Any) -> Any:
        """The slice."""
        if not isinstance(value, slice) or Which().convert(value) is REFUSED:
            return REFUSED
        return value if value.step is None or value.step > 0 else REFUSED


def as_array(value: Any) -> np.ndarray[Any, Any] | None:
    """The value as an array; None if that is not possible."""
    if value is None or isinstance(value, str | bytes | Mapping | Set) or _sparse(value) or _tensor_cure(value):
        return None
    try:
        return _untracked(value) if _is_tensor(value) else np.asarray(value)
    except Exception:  # ragged lists, or any error of an object's __array__
        return None


def _untracked(tensor: Any) -> np.ndarray[Any, Any]:
    """The tensor's cells as an array, for any device, gradient and dtype."""
    held = tensor.detach().cpu().resolve_conj().resolve_neg()
    return np.asarray(held.float().numpy() if str(held.dtype) in UNKNOWN_TO_NUMPY else held.numpy())


def _file_cure(value: str | os.PathLike[Any]) -> str:
    """How rows of a file are given; that a path leads nowhere is said."""
    there = isinstance(value, str | Path) and os.path.exists(value)
    return (
        "read it first, quintet.load_data(path).x" if there else "no file is there; quintet.load_data(path).x reads one"
    )


def _zeros_and_ones(array: np.ndarray[Any, Any]) -> bool:
    return array.dtype.kind in "iuf" and bool(((array == 0) | (array == 1)).all())


def _sparse(value: Any) -> bool:
    return type(value).__module__.startswith("scipy.sparse")


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")  # without torch imported no value is a tensor
    return torch is not None and isinstance(value, torch.Tensor)


def _tensor_cure(value: Any) -> str:
    """The cure for a tensor that cannot be converted to an array; "" for any other value."""
    if not _is_tensor(value):
        return ""
    if value.is_meta:
        return "a tensor on the meta device has no cells"
    if value.is_nested:
        return "give a tensor whose rows have one shape"
    if str(value.layout) != "torch.strided":
        return "a sparse tensor becomes dense by .to_dense()"
    return "dequantize() it first" if value.is_quantized else ""


def is_frame(value: Any) -> bool:
    """Whether a value is a data frame of pandas, Polars or Arrow."""
    from narwhals.dependencies import is_into_dataframe

    return bool(is_into_dataframe(value))
