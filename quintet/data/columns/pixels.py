"""Columns of pixels: grey levels of a channel."""

from __future__ import annotations

from typing import Literal

from quintet.data.columns.numbers import Integer


class Pixel(Integer):
    """Grey levels 0 .. ``support.high``, whole numbers with an order and equal distances.

    The channels of 8-bit images and flat rows of grey levels are such columns; a table has ``Integer`` columns instead.
    """

    type: Literal["pixel"] = "pixel"  # type: ignore[assignment]

    @property
    def levels(self) -> int:
        """Number of grey levels."""
        return self.support.levels

    def describe(self) -> str:
        """The range of the levels."""
        return f"pixel, 0 to {self.levels - 1}"
