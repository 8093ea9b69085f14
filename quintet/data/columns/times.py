"""Columns of dates and times."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from quintet.data.columns.base import Array, Column, Support, Values
from quintet.errors import InputError


class Datetime(Column):
    """Points in time; a cell counts steps of ``support.step`` units of the type from ``support.offset``."""

    type: Literal["datetime"] = "datetime"
    support: Support = Support(step=1)
    timezone: str | None = None

    @property
    def spacing(self) -> float:
        """1: cells count steps."""
        return 1.0

    def encode(self, values: Values) -> npt.NDArray[np.float64]:
        """Steps since the offset."""
        if values.array.dtype.kind != "M":
            if values.missing.all():
                return np.full(len(values), np.nan)
            raise InputError(
                f"Column {self.name!r} held dates in training, got {_kind(values)}: convert it to dates, or leave it "
                "empty."
            )
        ticks = values.array.astype(self.dtype).astype(np.int64)
        apart = np.where(values.missing, 0, ticks).astype(object) - self.support.offset
        cells = apart.astype(np.float64) / (self.support.step or 1)
        return np.where(values.missing, np.nan, cells)

    def decode(self, cells: Array) -> Array:
        """The nearest whole steps as datetime64, NaT where missing; between 1678 and 2261, or the ends of training."""
        gone, step = np.isnan(cells), self.support.step or 1
        low, high = self._limits()
        steps = np.rint(np.where(gone, 0, cells)).clip(low, high).astype(np.int64)
        ticks = steps * step + self.support.offset
        out = ticks.astype(self.dtype)
        out[gone] = np.datetime64("NaT")
        return out

    def _limits(self) -> tuple[float, float]:
        """The declared bounds; else the ends that every unit of time represents, or those of training beyond them."""
        ends = [np.datetime64(day, "D").astype(self.dtype).astype(np.int64) for day in ("1678-01-01", "2261-12-31")]
        low, high = ((int(end) - self.support.offset) // (self.support.step or 1) for end in ends)
        known = self.support
        first = min(low, low if known.seen_low is None else known.seen_low)
        last = max(high, high if known.seen_high is None else known.seen_high)
        return (
            first if known.low is None else float(np.ceil(known.low)),
            last if known.high is None else float(np.floor(known.high)),
        )

    def cell(self, time: np.datetime64) -> float:
        """The cell of a point in time."""
        return float(int(time.astype(self.dtype).astype(np.int64)) - self.support.offset) / (self.support.step or 1)

    def value(self, cell: float) -> np.datetime64:
        """The point in time of a cell."""
        ticks = round(cell * (self.support.step or 1)) + self.support.offset
        found: np.datetime64 = np.array([ticks]).astype(self.dtype)[0]
        return found

    def describe(self) -> str:
        """The first and the last time of training."""
        if self.support.seen_low is None or self.support.seen_high is None:
            return "datetime, never observed"
        first, last = self.decode(np.array([self.support.seen_low, self.support.seen_high]))
        if first == first.astype("M8[D]") and last == last.astype("M8[D]"):
            first, last = first.astype("M8[D]"), last.astype("M8[D]")
        return f"datetime, {first} to {last}"


def _kind(values: Values) -> str:
    """What a column of no dates holds, with the first text that is no date."""
    if values.array.dtype.kind != "O":
        return "numbers"
    texts = [str(cell) for cell in values.present.tolist()]
    return f"text ({next((text for text in texts if not _is_date(text)), texts[0])[:40]!r})"


def _is_date(text: str) -> bool:
    try:
        return not np.isnat(np.datetime64(text))
    except ValueError:
        return False
