"""Conversion of cells to and from the model's units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.data.cell_kinds import Kind
from quintet.data.columns.base import Support
from quintet.data.columns.levels import Boolean
from quintet.data.columns.pixels import Pixel
from quintet.data.columns.tokens import Token
from quintet.data.kind_columns import CellColumn, limits, shared_column, shared_support
from quintet.data.memory_maps import is_mapped, read_only_tensor
from quintet.data.row_layout import RowLayout
from quintet.data.scaling import standardised, unstandardised

if TYPE_CHECKING:
    from torch import Tensor

Array = np.ndarray[Any, Any]


class CellUnits(RowLayout):
    """The units of cells in the user's rows and in the model.

    In the model's units, cells of ``image8`` are 0 .. levels-1, of ``unit`` 0 .. 1, of ``binary`` 0 or 1, of ``count``
    whole numbers from 0 on (0 .. levels-1 in training), and of ``real`` standardised by ``loc`` and ``scale``,
    (features,). In rows of ``columns`` numbers are standardised, and levels are their codes (loc 0, scale 1).
    ``levels`` of ``image8`` is 256, or the number of levels in training if that is at most 64. ``middle`` is the mean
    of all cells over their highest value, for ``image8`` (0.5 in files of version 0.1), ``unit`` and ``binary``.
    """

    kind: Kind
    dtype: str
    levels: int = 256
    middle: float = 0.5
    loc: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    @property
    def cell(self) -> CellColumn | None:
        """The column that all cells share, in the model's units where these are not standardised; None for a table."""
        return shared_column(self.kind, self.levels, self.dtype)

    @property
    def support(self) -> Support:
        """The values that all cells can have, in the model's units; no bounds and no step for standardised cells."""
        return shared_support(self.kind, self.levels)

    @property
    def is_whole(self) -> bool:
        """Whether cells are whole numbers in the model's units."""
        return self.support.is_whole

    @property
    def is_boolean(self) -> bool:
        """Whether every cell has one of two levels, which have no distance."""
        return isinstance(self.cell, Boolean)

    @property
    def grey_levels(self) -> int:
        """Number of grey levels of cells that are pixels; 0 for other cells."""
        return self.cell.levels if isinstance(self.cell, Pixel) else 0

    @property
    def is_token(self) -> bool:
        """Whether cells are tokens of a vocabulary, of ``levels`` members."""
        return isinstance(self.cell, Token)

    @property
    def is_standardised(self) -> bool:
        """Whether cells are standardised by ``loc`` and ``scale``: those without a shared range."""
        return self.support.low is None

    @property
    def top(self) -> float:
        """The largest value of a cell; for counts, the largest in training; 1 for standardised cells."""
        support = self.support
        return next((float(end) for end in (support.high, support.seen_high) if end is not None), 1.0)

    def in_user_units(self, t: Tensor) -> Array:
        """Cells in the model's units, (n, *shape) -> the user's, (n, *row_shape), in the training data's dtype.

        Whole-number kinds are rounded if the dtype is whole; a table of integers becomes float64, because means of
        integers are not integers.
        """
        dtype = np.dtype(self.dtype)
        array: Array = self.to_user_layout(t.detach().cpu().numpy())
        if self.is_standardised:
            flat, kept = array.reshape(len(array), -1), dtype if dtype.kind == "f" else np.dtype(np.float64)
            return unstandardised(flat, np.asarray(self.loc), np.asarray(self.scale), kept).reshape(array.shape)
        low, high = limits(self.support)
        inside: Array = np.clip(array, low, min(high, _highest(dtype)))
        return inside.astype(dtype) if dtype.kind == "f" else np.rint(inside).astype(dtype)


def cells_to_model(units: CellUnits, array: Array) -> Tensor:
    """Convert the user's rows, (n, *row_shape), to the storage tensor: uint8 for whole kinds (uint8 is not copied),
    int32 for more than 256 tokens, otherwise float32 in the model's units. NaN stays NaN; levels are clipped to the
    model's highest."""
    if units.is_standardised:
        scale, loc = np.asarray(units.scale), np.asarray(units.loc)
        flat = array.reshape(len(array), -1)
        out = np.empty(flat.shape, dtype=np.float32)
        for start in range(0, len(flat), 65536):  # in blocks, to limit the memory of the float64 copy
            part = slice(start, start + 65536)
            out[part] = standardised(flat[part], loc, scale)
        array = out.reshape(array.shape)
    elif not units.support.levels:  # fractions, and counts of any size
        array = array.astype(np.float32, copy=False)
    else:
        stored = np.dtype(np.uint8 if units.support.levels <= 256 else np.int32)
        array = array.astype(stored, copy=False) if array.dtype.kind != "b" else array.view(np.uint8)
        if units.support.levels != 256 and array.size and array.max() > units.top:
            array = np.minimum(array, stored.type(units.top))
    laid = units.to_model_layout(array)
    if min(laid.strides, default=0) < 0 or not (laid.flags.writeable or is_mapped(laid)):
        laid = laid.copy()
    if not laid.flags.writeable:
        return read_only_tensor(laid)
    import torch

    return torch.from_numpy(laid)


def _highest(dtype: np.dtype[Any]) -> float:
    """The largest number of a dtype."""
    if dtype.kind == "f":
        return float(np.finfo(dtype).max)
    return float(np.iinfo(dtype).max) if dtype.kind in "iu" else 1.0
