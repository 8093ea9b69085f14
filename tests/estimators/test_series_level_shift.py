"""A level that shifts for a day is found by its stretch: latents explain each of its cells, which are not strange."""

import warnings
from typing import Any

import numpy as np
import pytest
from scipy.signal import lfilter

from quintet import Series
from quintet.errors import QuintetWarning
from tests.shared import Shared, hardly_measured

OPTIONS: dict[str, Any] = {
    "latent_dim": 4,
    "network": {"kind": "mlp", "hidden": (64,)},
    "epochs": 12,
    "context": "none",
    "training": {"batch_size": 64},
    "window": 12,
    "false_alarms": 0.05,
}
DAY = slice(700, 724)


def drifting(seed: int, steps: int) -> np.ndarray:
    """A level that drifts over days, which windows of half a day show as a constant, and noise; (steps,)."""
    rng = np.random.default_rng(seed)
    level = lfilter([1.0], [1.0, -0.98], 0.4 * rng.normal(size=steps + 500))[500:]
    return level + 0.3 * rng.normal(size=steps)


@pytest.fixture(scope="module")
def series(shared: Shared) -> Series:
    def fit() -> Series:
        with warnings.catch_warnings(), hardly_measured():
            warnings.simplefilter("ignore", QuintetWarning)
            return Series(**OPTIONS).fit(drifting(0, 16_000))

    return shared("series-drifting", fit)


def test_a_level_that_shifts_for_a_day_is_an_alarm(series: Series) -> None:
    """It rises and falls within six hours. Without the distances of windows from those of training, a sixth of its
    steps is called."""
    shift = np.zeros(1500)
    shift[DAY] = 8.0
    smooth = np.convolve(shift, np.ones(6) / 6, "same")
    called, before = [], []
    for seed in range(1, 5):
        found = series.detect(drifting(seed, 1500) + smooth)
        called.append(found.is_anomaly[DAY].mean())
        before.append(found.is_anomaly[:650].mean())
        assert any(alarm.start < DAY.stop and alarm.stop > DAY.start for alarm in found.alarms)
    assert np.mean(called) > 0.5
    assert np.mean(before) < 0.05
