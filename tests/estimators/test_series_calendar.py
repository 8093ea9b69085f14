"""The calendar as a condition of series: what a window cannot show follows from the day of the week."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import quintet
from quintet import Series
from quintet.errors import InputError, QuintetWarning
from quintet.tasks.compress import lossless
from tests.shared import Shared, hardly_measured

OPTIONS: dict[str, Any] = {
    "latent_dim": 2,
    "network": {"kind": "mlp", "hidden": (16,)},
    "epochs": 100,
    "training": {"batch_size": 64, "learning_rate": 5e-3},
    "window": 32,
    "calibration": 0.1,
}


def trips(seed: int, days: int, start: str = "2024-01-01") -> pd.DataFrame:
    """Every six hours: a day's rhythm that is absent at weekends, so that a window of eight days ends unforeseen."""
    rng, when = np.random.default_rng(seed), pd.date_range(start, periods=4 * days, freq="6h")
    busy = np.where(when.day_of_week < 5, 5.0 + 3 * np.sin(when.hour * np.pi / 12), 0.0)
    return pd.DataFrame({"when": when, "trips": busy + 0.3 * rng.normal(size=len(when))})


@pytest.fixture(scope="module")
def series(shared: Shared) -> Series:
    def fit() -> Series:
        with warnings.catch_warnings(), hardly_measured():
            warnings.simplefilter("ignore", QuintetWarning)
            return Series(**OPTIONS, calendar=["day", "week"]).fit(trips(0, 300))

    return shared("series-calendar", fit)


def test_the_note_names_what_is_read(series: Series) -> None:
    assert "the calendar is read: time of day, day of the week" in " ".join(series.notes_)
    assert [cycle.steps for cycle in series.vae.schema_.calendar.cycles] == [4, 28]


def test_a_forecast_knows_which_day_comes(series: Series) -> None:
    """Of one past at six places in the week: each forecast has the weekend where it lies."""
    past = trips(1, 3)
    for shift in range(7):
        moved = past.assign(when=past["when"] + pd.Timedelta(days=shift))
        ahead = series.forecast(moved, 16)
        weekend = pd.DatetimeIndex(ahead.times).day_of_week >= 5
        if weekend.any() and not weekend.all():
            assert ahead.mean[~weekend, 0].mean() - ahead.mean[weekend, 0].mean() > 2.0


def test_gaps_are_filled_by_the_day_of_the_week(series: Series) -> None:
    whole = trips(2, 60)
    gone = np.isin(whole["when"].dt.day_of_year, [13, 14, 15, 41, 42, 43])
    filled = series.impute(whole.assign(trips=whole["trips"].where(~gone)))
    error = np.abs(filled["trips"] - whole["trips"])[gone].mean()
    late = series.impute(whole.assign(when=whole["when"] + pd.Timedelta(days=3), trips=whole["trips"].where(~gone)))
    assert error < 0.6
    assert error < 0.5 * np.abs(late["trips"] - whole["trips"])[gone].mean()


def test_draws_and_bands_read_it_too(series: Series) -> None:
    ahead = series.forecast(trips(1, 3), 16, draws=10)
    weekend = pd.DatetimeIndex(ahead.times).day_of_week >= 5
    assert ahead.draws[:, ~weekend].mean() - ahead.draws[:, weekend].mean() > 2.0


def test_a_saved_model_keeps_it_and_other_questions_do_without(series: Series, tmp_path: Any) -> None:
    series.save(tmp_path / "m.safetensors")
    loaded = quintet.load(tmp_path / "m.safetensors")
    assert list(loaded.get_params()["calendar"]) == ["day", "week"]
    X = trips(3, 20)
    np.testing.assert_array_equal(loaded.forecast(X, 8).mean, series.forecast(X, 8).mean)
    moved = X.assign(when=X["when"] + pd.Timedelta(days=2))
    np.testing.assert_array_equal(series.detect(X).scores, series.detect(moved).scores)
    pd.testing.assert_frame_equal(series.decompress(series.compress(X)), X)
    assert len(series.generate(2)) == 64


@pytest.mark.parametrize(
    ("calendar", "words"),
    [
        ("weekly", "calendar must be"),
        (["month"], "calendar must be"),
        (["year"], "calendar must name cycles"),
    ],
)
def test_wrong_calendars_are_refused(calendar: Any, words: str) -> None:
    X = np.arange(200.0) % 7 if calendar == ["year"] else trips(0, 50)
    with pytest.raises(InputError, match=words):
        Series(**OPTIONS, calendar=calendar).fit(X)


def test_files_are_coded_in_exact_arithmetic(series: Series, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the calendar, too: cells of many digits cannot be coded where the last bits may differ between machines."""
    exact = []

    def noted(*arguments: Any, **options: Any) -> bytes:
        exact.append(options["exact"])
        return coded(*arguments, **options)

    coded = lossless._to_payload
    monkeypatch.setattr(lossless, "_to_payload", noted)
    X = trips(4, 250)
    X["trips"] = X["trips"].round(8)
    blob = series.compress(X)
    assert exact == [True]
    assert 8 * len(blob) < 40 * len(X)  # the patterns of float64 take more
    pd.testing.assert_frame_equal(series.decompress(blob), X)
