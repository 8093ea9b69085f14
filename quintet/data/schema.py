"""Schema of a row: its shape, the kind and range of its cells, and conversion to and from the model's units."""

from __future__ import annotations

import json
import math
from typing import Any, Literal, Self

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, model_validator
from torch import Tensor

from quintet.data.condition import Condition
from quintet.data.readers.frames import to_numpy
from quintet.data.scaling import moments, restored, standardised
from quintet.data.schema_limits import (
    LARGEST_COUNT,
    refuse_unsound_cells,
    refuse_unsound_layout,
    refuse_unsound_moments,
)
from quintet.errors import InputError, nearest

Kind = Literal["image8", "unit", "binary", "count", "real"]
KINDS: tuple[Kind, ...] = ("image8", "unit", "binary", "count", "real")
Array = np.ndarray[Any, Any]
BOUNDED = ("image8", "unit", "binary")
"""Kinds whose cells have a smallest and a largest value."""
FEWEST = 10
"""Fewest observed values of a column that counts as constant."""


class Schema(BaseModel):
    """The description of a row, stored in the model's file.

    ``row_shape`` is the user's shape of a row, (28, 28), (32, 32, 3) or (13,); ``shape`` the model's, channels first:
    (1, 28, 28), (3, 32, 32), (13,). In the model's units, cells of ``image8`` are 0 .. levels-1, of ``unit`` 0 .. 1, of
    ``binary`` 0 or 1, of ``count`` whole numbers from 0 on (0 .. levels-1 in training), and of ``real`` standardised
    by ``loc`` and ``scale``, (features,). ``levels`` of ``image8`` is 256, or the number of levels in training if that
    is at most 64. ``middle`` is the mean of all cells over their highest value, for ``image8`` (0.5 in files of version
    0.1), ``unit`` and ``binary``. ``unseen`` are the indices in a flat row of cells without a value in training;
    ``constant`` are the indices and values of constant cells.
    """

    model_config = ConfigDict(frozen=True)
    row_shape: tuple[int, ...]
    kind: Kind
    dtype: str
    levels: int = 256
    middle: float = 0.5
    loc: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    feature_names: tuple[str, ...] | None = None
    missing: bool = False
    unseen: tuple[int, ...] = ()
    constant: tuple[tuple[int, float], ...] = ()
    condition: Condition | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Validate the schema, which may be read from an edited file."""
        refuse_unsound_layout(self.row_shape, self.dtype, self.levels, self.middle)
        refuse_unsound_moments(self.size if self.kind == "real" else 0, self.loc, self.scale)
        refuse_unsound_cells(self.size, self.kind, self.unseen, self.constant, self.feature_names)
        return self

    @classmethod
    def infer(
        cls, X: Any, y: Any = None, kind: str = "auto", mask: Array | None = None, unlabelled: Any = None
    ) -> Schema:
        """Infer the schema of the rows of X.

        Parameters
        ----------
        X : (n, *row_shape) array, tensor or frame; NaN is a missing cell.
        y : condition of each row, (n,) or (n, columns), or None.
        kind : one of ``KINDS``, or "auto".
        mask : (n, *row_shape) of bool, True at missing cells.
        unlabelled : the value of y that marks a row without a label.
        """
        array, names = to_numpy(X)
        check_rows(array)
        present = observed_cells(array, mask)
        found = find_kind(array, present) if kind == "auto" else _named_kind(kind)
        check_cells(array, present, found)
        flat, there = array.reshape(len(array), -1), None if present is None else present.reshape(len(array), -1)
        loc, scale = (m.tolist() for m in moments(flat, there)) if found == "real" else ((), ())
        levels = _levels(array, present, found)
        return cls(
            row_shape=array.shape[1:],
            kind=found,
            dtype=str(array.dtype),
            levels=levels,
            middle=_middle(array, present, levels - 1 if found == "image8" else 1) if found in BOUNDED else 0.5,
            loc=tuple(loc),
            scale=tuple(scale),
            feature_names=tuple(names) if names else None,
            missing=present is not None,
            unseen=() if there is None else tuple(np.flatnonzero(~there.any(0)).tolist()),
            constant=_constant(flat, there),
            condition=None if y is None else Condition.infer(y, unlabelled),
        )

    @property
    def is_whole(self) -> bool:
        """Whether cells are whole numbers in the model's units."""
        return self.kind in ("image8", "binary", "count")

    @property
    def top(self) -> float:
        """The largest value of a cell; for counts, the largest in training; 1 for standardised cells."""
        return float(self.levels - 1) if self.is_whole else 1.0

    @property
    def is_image(self) -> bool:
        """Whether rows have height and width."""
        return len(self.row_shape) in (2, 3)

    @property
    def channels_last(self) -> bool:
        """Whether the user's rows are (height, width, channels)."""
        return len(self.row_shape) == 3 and self.row_shape[-1] <= 4

    @property
    def shape(self) -> tuple[int, ...]:
        """The model's shape of a row: (channels, height, width) or (features,)."""
        if len(self.row_shape) == 2:
            return (1, *self.row_shape)
        if self.channels_last:
            return (self.row_shape[2], *self.row_shape[:2])
        return self.row_shape if len(self.row_shape) == 3 else (self.size,)

    @property
    def size(self) -> int:
        """Number of cells of a row."""
        return math.prod(self.row_shape)

    @property
    def condition_dim(self) -> int:
        """Width of the encoded condition; 0 without one."""
        return self.condition.dim if self.condition else 0

    @property
    def identity(self) -> str:
        """JSON of all fields that differ from their defaults, without names: equal for schemas that encode alike."""
        kept = self.model_dump(mode="json", exclude={"feature_names"}, exclude_defaults=True)
        for column in kept["condition"]["columns"] if self.condition else ():
            column.pop("name")
        return json.dumps(kept, sort_keys=True)

    def describe(self) -> str:
        """A one-line description."""
        words = {
            "image8": f"whole numbers 0..{self.levels - 1}",
            "unit": "numbers between 0 and 1",
            "binary": "zeros and ones",
            "count": f"counts, up to {self.levels - 1} in training",
            "real": "real numbers, standardised inside",
        }
        shape = "x".join(str(s) for s in self.row_shape)
        holes = ", with missing cells" if self.missing else ""
        return f"rows of {shape}, kind {self.kind} ({words[self.kind]}{holes})"

    def to_model_layout(self, array: Array) -> Array:
        """(n, *row_shape) -> (n, *shape), a view."""
        if self.channels_last:
            return np.moveaxis(array, -1, 1)
        laid: Array = array.reshape(len(array), *self.shape)
        return laid

    def to_user_layout(self, array: Array) -> Array:
        """(n, *shape) -> (n, *row_shape), a view."""
        if self.channels_last:
            return np.moveaxis(array, 1, -1)
        return array.reshape(len(array), *self.row_shape)

    def to_user(self, t: Tensor) -> Array:
        """Cells in the model's units, (n, *shape) -> the user's, (n, *row_shape), in the training data's dtype.

        Whole-number kinds are rounded if the dtype is whole; a table of integers becomes float64, because means of
        integers are not integers. Cells that are constant in training have that value.
        """
        array = self.in_user_units(t)
        if self.constant:
            places = np.array([place for place, _ in self.constant])
            flat = array.reshape(len(array), self.size)
            flat[:, places] = np.array([value for _, value in self.constant]).astype(array.dtype)
            array = flat.reshape(array.shape)
        return array

    def in_user_units(self, t: Tensor) -> Array:
        """Like ``to_user``, without replacing constant cells: for corrupted rows, for example."""
        dtype = np.dtype(self.dtype)
        array: Array = self.to_user_layout(t.detach().cpu().numpy())
        if self.kind == "real":
            flat, kept = array.reshape(len(array), -1), dtype if dtype.kind == "f" else np.dtype(np.float64)
            return restored(flat, np.asarray(self.loc), np.asarray(self.scale), kept).reshape(array.shape)
        inside: Array = np.clip(array, 0, min(LARGEST_COUNT if self.kind == "count" else self.top, _highest(dtype)))
        return inside.astype(dtype) if dtype.kind == "f" else np.rint(inside).astype(dtype)

    def fits(self, array: Array, present: Array | None = None) -> Self:
        """The schema without the constants that the rows (n, *row_shape) contradict."""
        if not self.constant:
            return self
        places = np.array([place for place, _ in self.constant])
        cells = array.reshape(len(array), -1)[:, places]
        there = np.True_ if present is None else present.reshape(len(array), -1)[:, places]
        other = ((cells != np.array([value for _, value in self.constant])) & there).any(0)
        kept = tuple(pair for pair, gone in zip(self.constant, other, strict=True) if not gone)
        return self.model_copy(update={"constant": kept})


def check_rows(array: Array) -> None:
    """Raise an error for an array without rows, without cells, or with cells that are not numbers."""
    if array.ndim == 0 or array.ndim == 1:
        raise InputError(
            f"Expected 2D array, got {array.ndim}D array of shape {array.shape} instead: rows are (n, features) or "
            "(n, height, width[, channels]). Reshape your data: X.reshape(-1, 1) for one feature, "
            "X.reshape(1, -1) for one row."
        )
    if array.ndim > 4:
        raise InputError(f"Rows must have one to three axes, got an array of {array.ndim} axes: reshape each row.")
    if len(array) == 0:
        raise InputError(f"Found array with 0 sample(s) (shape={array.shape}) while a minimum of 1 is required.")
    if math.prod(array.shape[1:]) == 0:
        raise InputError(f"Found array with 0 feature(s) (shape={array.shape}) while a minimum of 1 is required.")
    if array.dtype.kind not in "biuf":
        raise InputError(f"Cells must be numbers or True/False, got {array.dtype}.")


def observed_cells(array: Array, mask: Array | None) -> Array | None:
    """Mask of observed cells, neither NaN nor masked; None if all are observed."""
    present = None
    if array.dtype.kind == "f" and np.isnan(array.sum(dtype=np.float64)):
        present = ~np.isnan(array)
    if mask is not None:
        mask = np.asarray(mask)
        if mask.shape != array.shape and mask.shape != array.shape[1:]:
            raise InputError(
                f"mask must have the shape of the data, {array.shape}, or of one row, {array.shape[1:]}, "
                f"got {mask.shape}; True marks a missing cell."
            )
        there = np.broadcast_to(~mask.astype(bool), array.shape)
        present = there if present is None else present & there
    return None if present is None or bool(present.all()) else present


def find_kind(array: Array, present: Array | None) -> Kind:
    """Infer the kind of the cells; the documentation's page on data has the rules."""
    if array.dtype.kind == "b":
        return "binary"
    cells = array if present is None else array[present]
    if cells.size == 0:
        return "real"
    low, high = cells.min(), cells.max()
    if not (low >= 0 and high <= 255):
        return "real"
    whole = array.dtype.kind in "ui" or bool((cells == np.rint(cells)).all())
    if whole and high <= 1 and low == 0:
        return "binary"
    picture = array.ndim >= 3 or array.dtype == np.uint8
    if whole and picture:
        return "image8" if high > 1 else "binary"
    many = array.ndim >= 3 or array.shape[1] >= 64
    return "unit" if high <= 1 and many and array.dtype.kind == "f" else "real"


def check_cells(array: Array, present: Array | None, kind: Kind) -> None:
    """Raise an error for infinite cells and cells outside the kind; new levels are allowed."""
    cells = array if present is None else array[present]
    if cells.size == 0:
        return
    low, high = cells.min().item(), cells.max().item()  # Python numbers compare without a cast
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError("Cells must be finite, or NaN if missing, got infinity: replace it.")
    top = {"image8": 255, "unit": 1, "binary": 1, "count": LARGEST_COUNT, "real": math.inf}[kind]
    if kind != "real" and (low < 0 or high > top):
        raise InputError(
            f"Cells of kind {kind!r} must lie between 0 and {top:g}, got {low:g} to {high:g}: rescale them, or choose "
            "another kind."
        )
    if kind in ("image8", "binary", "count") and array.dtype.kind == "f" and not bool((cells == np.rint(cells)).all()):
        raise InputError(f"Cells of kind {kind!r} must be whole numbers: round them, or use kind='unit' or 'real'.")


def _named_kind(kind: str) -> Kind:
    for known in KINDS:
        if kind == known:
            return known
    raise InputError(f"kind={kind!r} is not known: {nearest(kind, ('auto', *KINDS, 'binarised'))}.")


def _levels(array: Array, present: Array | None, kind: Kind) -> int:
    if kind not in ("image8", "count"):
        return 2 if kind == "binary" else 256
    top = int((array if present is None else array[present]).max(initial=0))
    if kind == "count":
        return max(top, 1) + 1
    return top + 1 if 1 <= top <= 63 else 256


def _constant(flat: Array, there: Array | None) -> tuple[tuple[int, float], ...]:
    """Indices and values of cells (n, cells) that are constant over at least ``FEWEST`` observed rows."""
    if len(flat) < FEWEST:
        return ()
    if there is None:
        same = (flat == flat[:1]).all(0)
        return tuple((int(place), float(flat[0, place])) for place in np.flatnonzero(same))
    first = np.take_along_axis(flat, there.argmax(0)[None], 0)
    same = ((flat == first) | ~there).all(0) & (there.sum(0) >= FEWEST)
    return tuple((int(place), float(first[0, place])) for place in np.flatnonzero(same))


def _highest(dtype: np.dtype[Any]) -> float:
    """The largest number of a dtype."""
    if dtype.kind == "f":
        return float(np.finfo(dtype).max)
    return float(np.iinfo(dtype).max) if dtype.kind in "iu" else 1.0


def _middle(array: Array, present: Array | None, top: int) -> float:
    """Mean of all observed cells, over their highest value."""
    cells = array if present is None else array[present]
    return min(1.0, float(cells.mean(dtype=np.float64)) / top) if cells.size else 0.5


def cells_to_model(schema: Schema, array: Array) -> Tensor:
    """Convert the user's rows, (n, *row_shape), to the storage tensor: uint8 for whole kinds (uint8 is not copied),
    otherwise float32 in the model's units. NaN stays NaN; levels are clipped to the model's highest."""
    if schema.kind == "real":
        scale, loc = np.asarray(schema.scale), np.asarray(schema.loc)
        flat = array.reshape(len(array), -1)
        out = np.empty(flat.shape, dtype=np.float32)
        for start in range(0, len(flat), 65536):  # in blocks, to limit the memory of the float64 copy
            part = slice(start, start + 65536)
            out[part] = standardised(flat[part], loc, scale)
        array = out.reshape(array.shape)
    elif schema.kind in ("unit", "count"):
        array = array.astype(np.float32, copy=False)
    else:
        array = array.astype(np.uint8, copy=False) if array.dtype.kind != "b" else array.view(np.uint8)
        if schema.levels < 256 and array.size and array.max() > schema.top:
            array = np.minimum(array, np.uint8(schema.top))
    laid = schema.to_model_layout(array)
    if not laid.flags.writeable or min(laid.strides, default=0) < 0:
        laid = laid.copy()
    return torch.from_numpy(laid)
