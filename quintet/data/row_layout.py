"""The shape of a row in the user's layout and in the model's, channels first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Grid:
    """Cells of an image: height x width pixels of one or more channels."""

    channels: int
    height: int
    width: int


@dataclass(frozen=True)
class Columns:
    """Cells of a flat row, ``n`` columns of a table or features without neighbours."""

    n: int


@dataclass(frozen=True)
class Steps:
    """Cells of a series: ``steps`` in time order, each of them one or more channels. Cell step * channels + channel."""

    steps: int
    channels: int


class RowLayout(BaseModel):
    """The layout of a row.

    ``row_shape`` is the user's shape of a row, (28, 28), (32, 32, 3) or (13,); ``shape`` the model's, channels first:
    (1, 28, 28), (3, 32, 32), (13,). Where the row is ``sequential``, (steps,) or (steps, channels), the model's row is
    flat, step after step.
    """

    model_config = ConfigDict(frozen=True)
    row_shape: tuple[int, ...]
    sequential: bool = False

    @property
    def layout(self) -> Grid | Columns | Steps:
        """Where the cells lie."""
        if self.sequential:
            return Steps(self.row_shape[0], self.size // self.row_shape[0])
        return Grid(*self.shape) if len(self.row_shape) in (2, 3) else Columns(self.size)

    @property
    def is_image(self) -> bool:
        """Whether rows have height and width."""
        return isinstance(self.layout, Grid)

    @property
    def channels_last(self) -> bool:
        """Whether the user's rows are (height, width, channels)."""
        return not self.sequential and len(self.row_shape) == 3 and self.row_shape[-1] <= 4

    @property
    def shape(self) -> tuple[int, ...]:
        """The model's shape of a row: (channels, height, width) or (features,)."""
        if self.sequential:
            return (self.size,)
        if len(self.row_shape) == 2:
            return (1, *self.row_shape)
        if self.channels_last:
            return (self.row_shape[2], *self.row_shape[:2])
        return self.row_shape if len(self.row_shape) == 3 else (self.size,)

    @property
    def size(self) -> int:
        """Number of cells of a row."""
        return math.prod(self.row_shape)

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
