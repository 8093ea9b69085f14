"""The panel with stretches of damaged and mended recordings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quintet.data.sequences.sound.recording import Array, Recording
from quintet.report.figures.sound_waves import Wave

STEPS = 400
"""Steps of a stretch."""


def stretches(
    truth: Sequence[Recording],
    damaged: Sequence[Recording],
    mended: Sequence[Recording],
    where: Sequence[Array],
    most: int,
) -> list[Wave]:
    """Stretches around the middle damage of the loudest recordings, of their first channel."""
    order = sorted(range(len(truth)), key=lambda i: -float(np.abs(truth[i].samples.astype(np.float64)).mean()))
    out = []
    for i in [i for i in order if where[i].any()][:most]:
        places = np.flatnonzero(where[i])
        loud = np.abs(truth[i].by_channel[:, 0].astype(np.float64))
        smooth = np.convolve(loud, np.ones(STEPS) / STEPS, mode="same")
        middle = int(places[smooth[places].argmax()])
        start = max(0, min(middle - STEPS // 2, truth[i].steps - STEPS))
        some = slice(start, start + STEPS)
        top = float(1 << (truth[i].bits - 1))
        a, b, c = (each[i].by_channel[some, 0] / top for each in (damaged, mended, truth))
        out.append(Wave(truth[i].name, start / truth[i].rate, truth[i].rate, a, b, c, where[i][some]))
    return out
