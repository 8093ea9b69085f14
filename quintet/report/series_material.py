"""Material of a report on a Series: its steps, those that training has not seen, and the answers on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quintet.data.sequences.series.blocks import Block
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.series.read import SeriesData, read_series
from quintet.errors import InputError
from quintet.estimators._series.detections import SeriesDetections
from quintet.estimators._series.fitting import Plan, plan_of
from quintet.report.figures.palettes import Palette
from quintet.report.labels import as_labels
from quintet.report.material import ReportMaterial
from quintet.report.origin import SEEN

if TYPE_CHECKING:
    from quintet.estimators import Series

Array = NDArray[Any]
WINDOWS = 8
"""Windows of steps that are evaluated, in all stretches together."""
MOST_STRETCHES = 24


@dataclass(frozen=True)
class Stretch:
    """Steps that are evaluated: number of the series, first step, time stamps (steps,), cells (steps, channels)."""

    series: int
    start: int
    times: Array
    cells: Array


@dataclass
class SeriesMaterial:
    """A source of series and the model's cached answers; cells (steps, modelled channels) of each series."""

    model: Series
    source: Any
    palette: Palette
    quick: bool = False
    seed: int = 0

    @property
    def vae(self) -> Any:
        """The model of windows."""
        return self.model.vae

    @cached_property
    def known(self) -> SeriesDescription:
        """What the model remembers."""
        return self.model.description_

    @cached_property
    def data(self) -> SeriesData:
        """The series on their grids."""
        return read_series(self.source, self.known)

    @cached_property
    def values(self) -> list[Array]:
        """The cells of each series, (steps, modelled channels)."""
        return [one.values[:, list(self.known.modelled)] for one in self.data.series]

    @cached_property
    def channels(self) -> list[str]:
        """Names of the modelled channels."""
        return [self.known.channels[j].name for j in self.known.modelled]

    @cached_property
    def times(self) -> list[Array]:
        """The time stamps of each series."""
        return [self.data.axis.stamps(one.start, len(one)) for one in self.data.series]

    @cached_property
    def scale(self) -> Array:
        """The standard deviation of each channel, (channels,)."""
        return np.asarray(np.nanstd(np.concatenate(self.values), 0)) + 1e-12

    @cached_property
    def plan(self) -> Plan:
        """The windows that a fit to the source would be trained on."""
        return plan_of(self.data, self.known.window)

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """Which windows of the plan have trained the model, (windows,)."""
        return np.isin(self.vae.parts_of(self.plan.windows.rows), SEEN)

    @cached_property
    def unseen(self) -> list[Block]:
        """The blocks of time of which no window has trained the model."""
        cut = self.plan.windows
        new = np.setdiff1d(np.unique(cut.groups), np.unique(cut.groups[self.seen]))
        return [cut.blocks[int(number)] for number in new]

    @property
    def which(self) -> str:
        """The name of the evaluated steps: "new", "held-out" or "training"."""
        if not self.seen.any():
            return "new"
        return "held-out" if self.unseen else "training"

    @cached_property
    def stretches(self) -> list[Stretch]:
        """Evaluated steps: parts of blocks that training has not seen, of at least half a window; else any."""
        window = self.known.window
        blocks = self.unseen or list(self.plan.windows.blocks)
        long = [block for block in blocks if len(block) >= window] or sorted(blocks, key=len)[-MOST_STRETCHES:]
        total = WINDOWS * window // (2 if self.quick else 1)
        chosen = [long[i] for i in np.unique(np.linspace(0, len(long) - 1, MOST_STRETCHES).round().astype(int))]
        each = max(window + window // 2, total // len(chosen))
        out, used = list[Stretch](), 0
        for block in chosen:
            stop = min(block.stop, block.start + each)
            if used >= total and out:
                break
            cells = self.values[block.series][block.start : stop]
            out.append(Stretch(block.series, block.start, self.times[block.series][block.start : stop], cells))
            used += len(cells)
        if not out:
            raise InputError("A report on series needs observed steps, got none: give a longer source.")
        return out

    @cached_property
    def detections(self) -> SeriesDetections:
        """The answer of ``detect`` on the whole source."""
        return self.model.detect(self.source)

    def name(self, series: int) -> str:
        """The name of a series; "" where there is one."""
        one = self.data.series[series]
        return str(one.name if one.name is not None else series + 1) if len(self.data.series) > 1 else ""

    @cached_property
    def training(self) -> ReportMaterial:
        """The windows as rows, for the section on training."""
        rows, judged = self.plan.windows.rows, ~self.seen if (~self.seen).any() else self.seen
        some = np.flatnonzero(judged)
        some = some[np.unique(np.linspace(0, len(some) - 1, 500).round().astype(int))]
        material = ReportMaterial(self.vae, rows[some], as_labels(None), self.palette, seed=self.seed)
        return material

    def when(self, series: int, step: int) -> str:
        """The time stamp of a step as text."""
        return shown_time(self.times[series][step])

    def errors(self, truth: Sequence[Array], found: Sequence[Array], where: Sequence[Array]) -> float:
        """Mean absolute error over the cells ``where``, in standard deviations of a channel."""
        gaps = [(np.abs(a - b) / self.scale)[at & ~np.isnan(a)] for a, b, at in zip(truth, found, where, strict=True)]
        return float(np.concatenate(gaps).mean())


def shown_time(stamp: object) -> str:
    """A time stamp as text, without seconds of zero."""
    text = str(stamp).replace("T", " ")
    day, _, time = text.partition(" ")
    time = time.split(".")[0]
    return f"{day} {time.removesuffix(':00') if len(time) > 5 else time}" if time else text
