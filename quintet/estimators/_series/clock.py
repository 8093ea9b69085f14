"""Where windows of series begin in the cycles of the calendar, for models that read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.sequences.calendar import Calendar
from quintet.data.sequences.series.calendar import turns_of
from quintet.data.sequences.series.time_axis import Ticks, TimeAxis


@dataclass(frozen=True)
class SeriesClock:
    """The clock of some series.

    Parameters
    ----------
    calendar : the cycles of the model.
    axis : of time.
    begins : time stamp of the first step of each series, in ticks.
    """

    calendar: Calendar
    axis: TimeAxis
    begins: Sequence[Ticks]

    def turns(self, series: Sequence[int], starts: Sequence[int]) -> Array:
        """The places in the calendar (windows, cycles) of windows that begin at steps ``starts`` of ``series``."""
        ticks = [self.begins[number] + start * self.axis.step for number, start in zip(series, starts, strict=True)]
        return turns_of(self.calendar, self.axis, np.array(ticks))
