"""The answer of ``Series.detect``: scores and p-values of steps, and alarms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.result_table import SHOWN, text_table, to_frame
from quintet.data.sequences.series.description import CleanScores
from quintet.data.sequences.series.gaps import runs
from quintet.estimators._series.clean_steps import channel_p_values, score_of, step_p_values, stretch_p_value
from quintet.estimators._series.scoring import Surprise

JOINED = 16
"""Calls that a sixteenth of a window parts belong to one alarm."""


@dataclass(frozen=True)
class Alarm:
    """A stretch of steps that are strange together.

    Parameters
    ----------
    series : number of the series.
    start, stop : first step, and first step behind.
    begins, ends, peaks : time stamps of the first, the last and the most surprising step.
    score, p_value : of the most surprising step.
    stretch_p_value : how often a clean stretch of one window has a peak as high: its rank among held-out stretches.
    channel : the most surprising channel at the peak.
    name : of the series, where it has one.
    """

    series: int
    start: int
    stop: int
    begins: Any
    ends: Any
    peaks: Any
    score: float
    p_value: float
    stretch_p_value: float
    channel: str
    name: Any = None


@dataclass(frozen=True, repr=False)
class SeriesDetections:
    """How strange each step is, how sure that is, and in which channels.

    For one series arrays, for several lists of them: ``scores`` (steps,), how strange the stretch around a step is;
    ``p_values`` (steps,), how often a clean step or its stretch is as strange; ``is_anomaly`` (steps,), p <=
    false_alarms; ``where`` (steps, channels), nats of surprise of each cell given all others, NaN where missing;
    ``channel_p_values`` (steps, channels), those of each channel's own surprise; ``times`` (steps,), the time stamps.
    ``alarms``: stretches of anomalous steps, the least probable first. ``clean_steps``: number of held-out steps that
    the p-values refer to.
    """

    scores: Any
    p_values: Any
    is_anomaly: Any
    where: Any
    channel_p_values: Any
    times: Any
    alarms: tuple[Alarm, ...]
    clean_steps: int
    false_alarms: float
    channels: tuple[str, ...]
    names: tuple[Any, ...] = ()
    many: bool = False

    def __len__(self) -> int:
        return len(self.alarms)

    def __repr__(self) -> str:
        """What was found in a line, and a table of the highest alarms."""
        steps = sum(map(len, self._each("scores")))
        head = (
            f"Detections in {steps:,} steps: {len(self.alarms)} alarm{'' if len(self.alarms) == 1 else 's'} at "
            f"p <= {self.false_alarms:g}, compared with {self.clean_steps:,} held-out steps"
        )
        return head if not self.alarms else f"{head}\n{text_table(self._alarm_columns(SHOWN))}"

    def alarms_frame(self, library: str | None = None) -> Any:
        """A frame of the alarms, one row each.

        Parameters
        ----------
        library : "pandas" or "polars"; None: pandas if it is installed, else Polars.
        """
        return to_frame(self._alarm_columns(), library)

    def to_frame(self, library: str | None = None) -> Any:
        """A frame of the steps: time, series, score, p_value, is_anomaly, and the surprise of each channel.

        Parameters
        ----------
        library : as of ``alarms_frame``.
        """
        return to_frame(self.step_columns(), library)

    def step_columns(self) -> dict[str, Any]:
        """The columns of ``to_frame``."""
        scores = self._each("scores")
        columns: dict[str, Any] = {"time": np.concatenate(self._each("times"))}
        if len(scores) > 1:
            labels = self.names or tuple(range(len(scores)))
            columns["series"] = [label for label, own in zip(labels, scores, strict=True) for _ in range(len(own))]
        columns["score"] = np.concatenate(scores)
        columns["p_value"] = np.concatenate(self._each("p_values"))
        columns["is_anomaly"] = np.concatenate(self._each("is_anomaly"))
        where = np.concatenate(self._each("where"))
        return columns | {f"surprise_{name}": where[:, j] for j, name in enumerate(self.channels)}

    def _each(self, field: str) -> list[Array]:
        found = getattr(self, field)
        return list(found) if self.many else [found]

    def _alarm_columns(self, most: int | None = None) -> dict[str, list[Any]]:
        shown = self.alarms[:most]
        columns: dict[str, list[Any]] = {}
        if self.many or any(alarm.name is not None for alarm in shown):
            columns["series"] = [alarm.series if alarm.name is None else alarm.name for alarm in shown]
        for name in ("begins", "ends", "peaks"):
            columns[name] = [getattr(alarm, name) for alarm in shown]
        columns["steps"] = [alarm.stop - alarm.start for alarm in shown]
        for name in ("score", "p_value", "stretch_p_value", "channel"):
            columns[name] = [getattr(alarm, name) for alarm in shown]
        return columns


@dataclass(frozen=True)
class StepAnswer:
    """The answer for one series; all (steps,) or (steps, channels)."""

    scores: Array
    p_values: Array
    is_anomaly: Array
    where: Array
    channel_p_values: Array


def answer_for(found: Surprise, clean: CleanScores, false_alarms: float) -> StepAnswer:
    """Scores, p-values and calls of the steps of one series."""
    scores = score_of(found, clean)
    p = step_p_values(found, clean)
    return StepAnswer(scores, p, p <= false_alarms, found.cells, channel_p_values(found.cells, clean))


def joined(parts: Iterable[StepAnswer]) -> StepAnswer:
    """The answers for consecutive steps as one."""
    kept = list(parts)
    if len(kept) == 1:
        return kept[0]
    return StepAnswer(*(np.concatenate([getattr(part, each.name) for part in kept]) for each in fields(StepAnswer)))


def alarms_of(
    number: int, answer: StepAnswer, times: Array, clean: CleanScores, window: int, channels: Sequence[str], name: Any
) -> list[Alarm]:
    """The alarms of one series: runs of called steps, joined where little parts them."""
    found: list[tuple[int, int]] = []
    for low, high in runs(answer.is_anomaly):
        if found and low - found[-1][1] <= window // JOINED:
            found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    out = []
    for low, high in found:
        peak = low + int(np.nanargmax(answer.scores[low:high]))
        cells = answer.channel_p_values[peak]
        tied = np.where(cells <= cells.min(), np.nan_to_num(answer.where[peak], nan=-np.inf), -np.inf)
        out.append(
            Alarm(
                number,
                low,
                high,
                times[low],
                times[high - 1],
                times[peak],
                float(answer.scores[peak]),
                float(answer.p_values[peak]),
                stretch_p_value(float(answer.scores[peak]), clean),
                channels[int(tied.argmax())],
                name,
            )
        )
    return out
