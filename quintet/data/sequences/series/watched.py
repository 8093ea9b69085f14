"""Steps at the end of series that watch the training: it ends where they are predicted worse and worse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.data.sequences.series.windows import cut, window_starts

Array = np.ndarray[Any, Any]
SHARE = 0.1
"""Share of the steps, but a window at least."""
WINDOWS = 6
"""A shorter series, in windows, trains as a whole."""
OVERLAP = 4
"""Windows that a watched step lies in."""


def apart(series: Sequence[Array], window: int) -> tuple[list[Array], Array]:
    """The beginnings of series, which train, and the windows of their ends (k, window, channels), which watch.

    Parameters
    ----------
    series : (steps, channels) each, NaN where missing.
    """
    kept, windows = list[Array](), list[Array]()
    for values in series:
        steps = len(values)
        held = max(window, int(SHARE * steps)) if steps >= WINDOWS * window else 0
        kept.append(values[: steps - held])
        if held:
            starts = window_starts(held, window, max(1, window // OVERLAP), steps - held)
            windows.append(cut(values, starts, window))
    rows = np.concatenate(windows) if windows else np.zeros((0, window, series[0].shape[1]))
    return kept, rows[~np.isnan(rows).all(axis=(1, 2))]
