"""Windows of a source of series, as rows for a page."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.sequences.series.windows import cut, window_starts
from quintet.estimators._series.series_estimator import model_of, read_known

Array = np.ndarray[Any, Any]


def windows_of(series: Any, X: Any) -> Array:
    """The windows of all series, one beside the other, (n, *row_shape); NaN in gaps.

    Parameters
    ----------
    series : a fitted ``Series``.
    X : a source as ``Series.detect`` takes it.
    """
    vae, known = model_of(series)
    _, values = read_known(known, X)
    window = known.window
    rows = np.concatenate([cut(own, window_starts(len(own), window, window), window) for own in values])
    kept = rows[~np.isnan(rows).all(axis=(1, 2))]
    shaped: Array = kept.reshape(len(kept), *vae.schema_.row_shape)
    return shaped
