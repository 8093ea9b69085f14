"""A level that shifts for a day is found by its stretch: no cell of it is strange beside its neighbours."""

import warnings
from typing import Any

import numpy as np
import pytest

from quintet import Series
from quintet.errors import QuintetWarning
from tests.shared import Shared, hardly_measured

OPTIONS: dict[str, Any] = {
    "latent_dim": 4,
    "network": {"kind": "mlp", "hidden": (64,)},
    "epochs": 12,
    "context": "none",
    "training": {"batch_size": 64},
    "window": 48,
}
DAY = slice(700, 724)


def calm(seed: int, steps: int) -> np.ndarray:
    """A daily rhythm with noise that lasts for some hours, (steps,)."""
    rng = np.random.default_rng(seed)
    noise = np.convolve(rng.normal(size=steps + 7), np.ones(8) / 8, "valid")
    return 10 * np.sin(np.arange(steps) * 2 * np.pi / 24) + 2 * noise


@pytest.fixture(scope="module")
def series(shared: Shared) -> Series:
    def fit() -> Series:
        with warnings.catch_warnings(), hardly_measured():
            warnings.simplefilter("ignore", QuintetWarning)
            return Series(**OPTIONS).fit(calm(0, 8000))

    return shared("series-calm", fit)


@pytest.mark.parametrize("height", [6.0, -6.0])
def test_a_level_that_shifts_for_a_day_is_an_alarm(series: Series, height: float) -> None:
    """It rises and falls within six hours, as the rhythm itself does."""
    shift = np.zeros(1500)
    shift[DAY] = height
    values = calm(1, 1500) + np.convolve(shift, np.ones(6) / 6, "same")
    clean, found = series.detect(calm(1, 1500)), series.detect(values)
    inside = [alarm for alarm in found.alarms if alarm.start < DAY.stop and alarm.stop > DAY.start]
    assert inside
    assert inside[0] == found.alarms[0]
    assert inside[0].stretch_p_value < 0.05
    assert DAY.start - 24 <= int(np.argmax(found.scores)) < DAY.stop + 24
    assert found.is_anomaly[DAY].mean() > 0.5
    assert not clean.is_anomaly[DAY].any()
    # its cells alone do not tell: those of one day are no stranger than the strangest of the other days
    assert np.nanmax(found.where[710:716]) < np.nanmax(clean.where)
