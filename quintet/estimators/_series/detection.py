"""The question ``detect`` about series: strange steps, and alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from quintet.arguments import BatchRows, OpenShare, SeriesLike
from quintet.data.columns.base import Array
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.series.read import SeriesData
from quintet.entry_points import public
from quintet.estimators._series.channels import Channels
from quintet.estimators._series.detections import Alarm, SeriesDetections, StepAnswer, alarms_of, answer_for, joined
from quintet.estimators._series.scoring import pieces_of_surprise
from quintet.estimators._series.series_estimator import SeriesEstimator, model_of, read_known

IMPOSSIBLE = 1e9
"""Score of a step in which a channel has another value than the one that it had in all of training."""


@public
def detect(
    self: SeriesEstimator, X: SeriesLike, *, false_alarms: OpenShare | None = None, batch_rows: BatchRows = 256
) -> SeriesDetections:
    """How strange each step is, in which channels, and alarms.

    Parameters
    ----------
    false_alarms : share of clean steps that are called; None: the model's own.
    batch_rows : windows that the networks see at a time.
    """
    vae, known = model_of(self, "detect")
    data, values = read_known(known, X)
    share = self.false_alarms if false_alarms is None else false_alarms
    answers = [
        joined(
            answer_for(piece, known.clean, share)
            for piece in pieces_of_surprise(vae, own, known.window, known.hop, batch_rows)
        )
        for own in values
    ]
    return _detections_of(data, answers, known, share)


def _detections_of(
    data: SeriesData, found: Sequence[StepAnswer], known: SeriesDescription, false_alarms: float
) -> SeriesDetections:
    """The answer of ``Series.detect``."""
    answers, alarms = list[StepAnswer](), list[Alarm]()
    times = [data.axis.stamps(one.start, len(one)) for one in data.series]
    for number, (one, own) in enumerate(zip(data.series, found, strict=True)):
        answer = _with_all_channels(own, one.values, known, false_alarms)
        alarms += alarms_of(number, answer, times[number], known.clean, known.window, data.channels, one.name)
        answers.append(answer)
    alarms.sort(key=lambda alarm: (alarm.p_value, -alarm.score))
    many = data.many or data.id_column is not None

    def each(values: list[Array]) -> Any:
        return values if many else values[0]

    return SeriesDetections(
        scores=each([answer.scores for answer in answers]),
        p_values=each([answer.p_values for answer in answers]),
        is_anomaly=each([answer.is_anomaly for answer in answers]),
        where=each([answer.where for answer in answers]),
        channel_p_values=each([answer.channel_p_values for answer in answers]),
        times=each(times),
        alarms=tuple(alarms),
        clean_steps=known.clean.count,
        false_alarms=false_alarms,
        channels=data.channels,
        names=tuple(one.name for one in data.series) if data.id_column is not None else (),
        many=many,
    )


def _with_all_channels(answer: StepAnswer, own: Array, known: SeriesDescription, false_alarms: float) -> StepAnswer:
    """The answer with the channels that the model leaves out: a value or a level of text that training never had is the
    strangest."""
    strange, clean = Channels(known).deviating(own), known.clean
    if len(known.modelled) == len(known.channels) and not strange.any():
        return answer
    least = clean.cells.memory / (clean.count + clean.cells.memory) if clean.count else 1.0
    where, p = np.where(np.isnan(own), np.nan, 0.0), np.ones(own.shape)
    where[:, list(known.modelled)], p[:, list(known.modelled)] = answer.where, answer.channel_p_values
    where[strange], p[strange] = IMPOSSIBLE, least
    steps = strange.any(1)
    p_values = np.where(steps, least, answer.p_values)
    return replace(
        answer,
        scores=np.where(steps, IMPOSSIBLE, answer.scores),
        p_values=p_values,
        is_anomaly=p_values <= false_alarms,
        where=where,
        channel_p_values=p,
    )
