"""Columns of numbers: continuous, integer and count."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from quintet.data.columns.base import EXACT, Array, Column, Support, Values
from quintet.data.columns.significant_digits import rounded
from quintet.errors import InputError

SHOWN = 6
"""Significant digits of numbers with decimals in descriptions."""


class Continuous(Column):
    """Numbers with decimals; decoded values have the number of decimals, or of significant digits, of training."""

    type: Literal["continuous"] = "continuous"
    support: Support = Support()

    @property
    def spacing(self) -> float:
        """The last decimal of training."""
        return 0.0 if self.support.decimals is None else 10.0**-self.support.decimals

    def encode(self, values: Values) -> npt.NDArray[np.float64]:
        """The numbers themselves."""
        return as_floats(self.name, self.known(values))

    def decode(self, cells: Array) -> Array:
        """The numbers within the declared bounds, rounded to the decimals, or significant digits, of training."""
        out = bounded(cells, self.support)
        if self.support.decimals is not None:
            near = np.abs(out) <= EXACT  # larger numbers have no decimals
            out = np.where(near, np.round(np.where(near, out, 0.0), self.support.decimals) + 0.0, out)
        elif self.support.significant is not None:
            out = rounded(out, self.support.significant)
        return out.astype(self.dtype if self.dtype.startswith("float") else "float64", copy=False)

    def describe(self) -> str:
        """The range in training and the number of decimals, or of significant digits."""
        text, support = f"continuous, {seen_range(self.support)}", self.support
        if support.decimals is not None:
            return f"{text}, {support.decimals} decimals"
        return text if support.significant is None else f"{text}, {support.significant} significant digits"


class Integer(Column):
    """Whole numbers, ``support.offset`` plus multiples of ``support.step``; a cell is the number less the offset."""

    type: Literal["integer"] = "integer"
    support: Support = Support(step=1)

    @property
    def spacing(self) -> float:
        """The step."""
        return float(self.support.step or 1)

    def encode(self, values: Values) -> npt.NDArray[np.float64]:
        """The numbers less the offset, exact for whole numbers of any size near those of training."""
        values = self.known(values)
        array, offset = values.array, self.support.offset
        if offset == 0 or array.dtype.kind not in "iu":
            return as_floats(self.name, values) - float(offset)
        return np.where(values.missing, np.nan, (array.astype(object) - offset).astype(np.float64))

    def decode(self, cells: Array) -> Array:
        """The nearest legal whole numbers; floats with NaN if the user's type has no missing value."""
        support, step = self.support, self.support.step or 1
        base = 0.0 if support.seen_low is None else support.seen_low
        out = np.round((cells - base) / step) * step + base
        if support.low is not None or support.high is not None:
            low, high = grid_bounds(support, base, step)
            out = np.clip(out, low, high)
        return whole_numbers(out, support.offset, self.dtype)

    def describe(self) -> str:
        """The range in training and the step."""
        step = self.support.step or 1
        return f"{self.type}, {seen_range(self.support)}" + (f" in steps of {step}" if step > 1 else "")


class Count(Integer):
    """Whole numbers from 0 on."""

    type: Literal["count"] = "count"  # type: ignore[assignment]


def as_floats(name: str, values: Values) -> npt.NDArray[np.float64]:
    """Numbers as float64, NaN where missing; an error for text and dates."""
    array = values.array
    if array.dtype.kind not in "biuf":
        what = {"M": "dates", "m": "durations"}.get(array.dtype.kind, "text")
        present = values.present.tolist()
        if not present:
            return np.full(len(array), np.nan)
        example = next((cell for cell in present if not _is_number(cell)), present[0])
        raise InputError(
            f"Column {name!r} held numbers in training, got {what} ({str(example)[:40]!r}): convert it, or leave the "
            "cell empty."
        )
    out = np.where(values.missing, np.nan, array.astype(np.float64))
    if np.isinf(out).any():
        raise InputError(f"Column {name!r} must hold finite numbers, got infinity: replace it, or leave it empty.")
    return out


def _is_number(cell: Any) -> bool:
    """Whether a cell of text holds a number."""
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True


def bounded(cells: Array, support: Support) -> npt.NDArray[np.float64]:
    """Cells within the declared bounds."""
    out = np.asarray(cells, dtype=np.float64)
    if support.low is None and support.high is None:
        return out
    return np.clip(out, support.low, support.high)


def grid_bounds(support: Support, base: float, step: int) -> tuple[float, float]:
    """The declared bounds moved inwards to the grid of legal values."""
    low = -np.inf if support.low is None else base + np.ceil((support.low - base) / step) * step
    high = np.inf if support.high is None else base + np.floor((support.high - base) / step) * step
    return low, high


def whole_numbers(cells: Array, offset: int, dtype: str) -> Array:
    """Whole cells plus the offset in the user's type; float64 with NaN if an integer type has to hold a missing one."""
    kind: np.dtype[Any] = np.dtype(dtype)
    gone = np.isnan(cells)
    if kind.kind == "f" or (gone.any() and offset == 0):
        return (cells + float(offset)).astype(kind if kind.kind == "f" else np.float64)
    limits = np.iinfo(kind)
    if offset == 0:  # numbers up to 2**53, exact in both types
        return np.clip(cells, max(limits.min, -(2**53)), min(limits.max, 2**53)).astype(kind)
    exact = [
        None if lost else min(max(int(c) + offset, limits.min), limits.max) for c, lost in zip(cells, gone, strict=True)
    ]
    return np.array(exact, dtype=object if gone.any() else kind)


def seen_range(support: Support) -> str:
    """The range of the training values in words."""
    if support.seen_low is None or support.seen_high is None:
        return "never observed"
    ends = [_shown(end, support.offset) for end in (support.seen_low, support.seen_high)]
    return f"{ends[0]} to {ends[1]}"


def _shown(end: float, offset: int) -> str:
    return str(int(end) + offset) if offset or (float(end).is_integer() and abs(end) < EXACT) else f"{end:.{SHOWN}g}"
