"""Fit of a model of windows: channels, period, window, training windows by blocks of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.sequences.calendar import Calendar, Clock
from quintet.data.sequences.series.blocks import Block, TrainingWindows, training_windows
from quintet.data.sequences.series.calendar import calendar_of
from quintet.data.sequences.series.description import CategoryColumn, Channel, SeriesDescription
from quintet.data.sequences.series.notes import notes_of
from quintet.data.sequences.series.period import dominant_period, window_for
from quintet.data.sequences.series.read import SeriesData
from quintet.data.sequences.series.stream import parts_of, selected
from quintet.errors import InputError
from quintet.estimators._series.clock import SeriesClock

FEWEST_STEPS = 8
"""Steps that training needs."""
FEATURES = {"day": "time of day", "week": "day of the week", "year": "time of year"}
MOST_HELD = 8_192
"""Held-out steps that calibrate p-values."""


@dataclass(frozen=True)
class Plan:
    """What a model of series is trained on.

    Parameters
    ----------
    description : all but the scores of clean steps.
    windows : the training windows and their blocks.
    values : (steps, modelled channels) of each series.
    notes : sentences on the source and on what was chosen.
    clock : where the windows begin in the cycles of the calendar; None where it is not read.
    """

    description: SeriesDescription
    windows: TrainingWindows
    values: list[Array]
    notes: list[str]
    clock: Clock | None = None


def plan_of(data: SeriesData, window: int | str, calendar: str | Sequence[str] | None = None) -> Plan:
    """Choose the window and the cycles of the calendar, and cut the training windows.

    Raises
    ------
    InputError
        The series are too short, or nothing in them changes.
    """
    longest = max(map(len, data.series))
    if longest < FEWEST_STEPS:
        raise InputError(f"A series must have at least {FEWEST_STEPS} steps to train on, got {longest}: give more.")
    channels = tuple(
        Channel(name=name, dtype=dtype, constant=_constant([one.values[:, j] for one in data.series]))
        for j, (name, dtype) in enumerate(zip(data.channels, data.dtypes, strict=True))
    )
    varying = [j for j, channel in enumerate(channels) if channel.constant is None]
    if not varying:
        raise InputError(
            f"A series must have a channel that changes, got {', '.join(data.channels)} with one value each: give more "
            "steps or other columns."
        )
    values = [selected(one.values, varying) for one in data.series]
    period = dominant_period(values)
    lengths = [len(each) for each in values]
    size = window_for(period, lengths, len(varying)) if window == "auto" else int(window)
    if size > longest:
        raise InputError(f"window must be at most the longest series' {longest} steps, got {size}.")
    cut = training_windows(values, size)
    if not len(cut.rows):
        raise InputError("A series must have observed cells, got a series of missing ones alone.")
    description = SeriesDescription(
        time=data.axis,
        channels=channels,
        left_out=data.left_out,
        categories=tuple(CategoryColumn(column=each.column, levels=each.levels) for each in data.categories),
        id_column=data.id_column,
        container=data.container,
        start=min(one.start for one in data.series if len(one)),
        window=size,
        hop=max(1, size // 2),
        period=period,
    )
    clock = _clock_of(data, calendar_of(data.axis, period, longest, calendar), cut)
    return Plan(description, cut, values, [*notes_of(data), *_chosen(description, cut), *_calendar_notes(clock)], clock)


def _clock_of(data: SeriesData, calendar: Calendar | None, cut: TrainingWindows) -> Clock | None:
    """Where the training windows begin in the cycles of the calendar."""
    if calendar is None:
        return None
    clock = SeriesClock(calendar, data.axis, [one.start for one in data.series])
    return Clock(calendar, clock.turns(cut.series.tolist(), cut.starts.tolist()))


def _calendar_notes(clock: Clock | None) -> list[str]:
    """A sentence on the calendar."""
    if clock is None:
        return []
    features = [FEATURES[cycle.name] for cycle in clock.calendar.cycles]
    return [f"the calendar is read: {', '.join(features)} of each step, where cells are missing and in forecasts"]


def _constant(cells: Sequence[Array]) -> float | None:
    """The one value of a channel, 0 where none is observed; None where it changes."""
    parts = (part for each in cells for part in parts_of(each))
    ends = [(np.nanmin(part), np.nanmax(part)) for part in parts if not np.isnan(part).all()]
    if not ends:
        return 0.0
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    return float(low) if low == high else None


def _chosen(description: SeriesDescription, cut: TrainingWindows) -> list[str]:
    """Sentences on the window, the period and the channels that are left out."""
    time, window, period = description.time, description.window, description.period
    length = f"{window} steps" if time.kind == "step" else f"{window} steps ({time.span(window)})"
    if period is None:
        out = [f"window: {length}; no period was found"]
    else:
        cycle = f"{period} steps" if time.kind == "step" else f"{period} steps ({time.span(period)})"
        out = [f"window: {length}; dominant period of {cycle}"]
    hop = f"every {cut.hop} steps" if cut.hop > 1 else "at every step"
    out.append(f"{len(cut.rows):,} training windows, one {hop}, within {len(cut.blocks):,} blocks of time")
    constant = [channel.name for channel in description.channels if channel.constant is not None]
    if constant:
        out.append(f"channels with one value are left out of the model: {', '.join(constant)}")
    return out


def held_out_blocks(vae: Any, cut: TrainingWindows) -> list[Block]:
    """The blocks of which no window has trained the model; of long ones the beginnings, ``MOST_HELD`` steps in all."""
    trained = np.zeros(len(cut.rows), dtype=bool)
    trained[vae._train_places.numpy()] = True
    seen = np.unique(cut.groups[trained])
    held = np.setdiff1d(np.unique(cut.groups), seen)
    most = max(4 * cut.rows.shape[1], MOST_HELD // max(1, len(held)))
    blocks = [cut.blocks[number] for number in held]
    return [replace(block, stop=min(block.stop, block.start + most)) for block in blocks]
