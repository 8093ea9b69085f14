"""Series: the five answers and forecasts, their forms, p-values of dependent steps, and what is refused."""

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.signal import lfilter

import quintet
from quintet import Series
from quintet.errors import FileRefused, InputError, QuintetError, QuintetWarning
from quintet.estimators._series.clean_steps import clean_scores, memory_of, score_of, step_p_values, stretch_p_value
from quintet.estimators._series.filling import fill_series
from quintet.estimators._series.scoring import Surprise
from tests.shared import Shared, hardly_measured

TINY: dict[str, Any] = {
    "latent_dim": 4,
    "network": {"kind": "mlp", "hidden": (64,)},
    "epochs": 20,
    "context": "none",
    "training": {"batch_size": 64},
}
HOURS = pd.date_range("2024-01-01", periods=1200, freq="h")


def load(seed: int, steps: int = 1200, second: bool = True) -> np.ndarray:
    """A daily load and a temperature that follows it, (steps, 2)."""
    rng, at = np.random.default_rng(seed), np.arange(steps)
    day = np.sin(at * 2 * np.pi / 24)
    one = 100 + 10 * day + rng.normal(size=steps)
    return np.stack([one, 20 + 0.5 * (one - 100) + 0.3 * rng.normal(size=steps)], 1) if second else one[:, None]


def frame(seed: int = 0, steps: int = 1200) -> pd.DataFrame:
    cells = load(seed, steps)
    return pd.DataFrame({"when": HOURS[:steps], "load": cells[:, 0], "outside": cells[:, 1], "fuse": 1})


@pytest.fixture(scope="module")
def series(shared: Shared) -> Series:
    def fit() -> Series:
        with warnings.catch_warnings(), hardly_measured():
            warnings.simplefilter("ignore", QuintetWarning)
            return Series(**TINY, window=52).fit(frame())

    return shared("series-load", fit)


def test_a_fit_says_what_it_found(series: Series) -> None:
    known = series.description_
    assert (known.period, known.window) == (24, 52)
    assert known.time.span(1) == "1 hour"
    assert [channel.constant for channel in known.channels] == [None, None, 1.0]
    assert known.clean.count >= 0.05 * 1200
    said = " ".join(series.notes_)
    for words in ("1,200 steps of 3 channels, every 1 hour", "period of 24 steps (1 day)", "one value", "held out"):
        assert words in said


def test_held_out_steps_are_in_no_training_window(monkeypatch: pytest.MonkeyPatch) -> None:
    from quintet.estimators._series import training as module

    asked: list[np.ndarray] = []
    scored = module.surprise_of
    monkeypatch.setattr(
        module, "surprise_of", lambda vae, parts, *more: asked.extend(parts) or scored(vae, parts, *more)
    )
    cells = load(0, second=False)[:, 0]
    model = Series(**{**TINY, "epochs": 1}).fit(cells)
    trained: list[np.ndarray] = []
    from quintet.data.sequences.series.read import read_series
    from quintet.estimators._series.fitting import plan_of

    rows = plan_of(read_series(cells), "auto").windows.rows[model.vae._train_places.numpy()]
    trained.append(rows.ravel())
    assert asked
    assert not np.isin(np.concatenate(asked).ravel(), np.concatenate(trained)).any()


GAPS = {"points": [7, 100, 333], "a short gap": range(200, 212), "a gap longer than a window": range(500, 640)}


@pytest.mark.parametrize("gap", GAPS)
def test_imputing_keeps_what_is_there_and_fills_gaps_well(series: Series, gap: str) -> None:
    whole = frame(1)
    holed, places = whole.copy(), list(GAPS[gap])
    holed.loc[places, ["load", "outside"]] = np.nan
    filled = series.impute(holed)
    there = whole.index.difference(places)
    pd.testing.assert_frame_equal(filled.loc[there], holed.loc[there].astype(filled.dtypes))
    error = np.abs(filled.loc[places, "load"] - whole.loc[places, "load"]).mean()
    assert error < 0.5 * np.abs(whole["load"] - whole["load"].mean()).mean()


def test_rows_that_are_not_there_are_filled_too(series: Series) -> None:
    kept = frame(1).drop(index=range(300, 312))
    filled = series.impute(kept)
    assert filled["when"].tolist() == HOURS.tolist()
    assert filled.notna().all(axis=None)
    assert (filled["fuse"] == 1).all()


def test_a_channel_that_is_lost_is_filled_from_the_other(series: Series) -> None:
    whole = frame(2)
    holed = whole.assign(outside=np.where(np.arange(1200) >= 400, np.nan, whole["outside"]))
    filled = series.impute(holed)
    error = np.abs(filled["outside"] - whole["outside"])[400:].mean()
    assert error < 0.5 * np.abs(whole["outside"] - whole["outside"].mean()).mean()


def test_bands_hold_their_share_and_draws_vary(series: Series) -> None:
    whole, holes = frame(3), np.random.default_rng(0).random(1200) < 0.15
    holed = whole.copy()
    holed.loc[holes, "load"] = np.nan
    mean, low, high = series.impute(holed, interval=0.9)
    inside = (low["load"] <= whole["load"]) & (whole["load"] <= high["load"])
    assert 0.75 < inside[holes].mean() <= 1
    assert (low["load"] <= mean["load"] + 1e-9).all()
    assert (mean["load"] <= high["load"] + 1e-9).all()
    one, two = series.impute(holed, draws=2)
    assert not np.allclose(one["load"][holes], two["load"][holes])
    assert (one["load"][~holes] == whole["load"][~holes]).all()


@pytest.mark.parametrize("steps", [1, 24, 70])
def test_a_forecast_is_better_than_the_mean_and_its_quantiles_are_in_order(series: Series, steps: int) -> None:
    whole = frame(4)
    past, future = whole[:1000], whole[1000 : 1000 + steps]
    found = series.forecast(past, steps, quantiles=(0.1, 0.5, 0.9))
    assert found.mean.shape == (steps, 3)
    assert found.quantiles.shape == (3, steps, 3)
    assert (np.diff(found.quantiles, axis=0) >= 0).all()
    assert (found.mean[:, 2] == 1).all()
    assert (pd.DatetimeIndex(found.times) == future["when"]).all()
    assert list(found.table.columns[:3]) == ["when", "load", "load_q0.1"]
    assert (pd.DatetimeIndex(found.table["when"]) == future["when"]).all()
    if steps > 1:
        error = np.abs(found.mean[:, 0] - future["load"]).mean()
        assert error < 0.6 * np.abs(past["load"].mean() - future["load"]).mean()


def test_draws_of_a_forecast_hang_together(series: Series) -> None:
    found = series.forecast(frame(4)[:1000], 60, draws=30, quantiles=(0.5,))
    assert found.draws.shape == (30, 60, 3)
    np.testing.assert_allclose(found.mean, found.draws.mean(0))
    np.testing.assert_allclose(found.quantiles[0], np.median(found.draws, 0))


def test_only_the_past_is_read_for_a_forecast(series: Series) -> None:
    past = frame(4)[:1000]
    a = series.forecast(past, 12)
    b = series.forecast(past[-52:].reset_index(drop=True), 12)
    np.testing.assert_allclose(a.mean, b.mean)


def test_a_planted_fault_is_found_in_its_steps_and_channel(series: Series) -> None:
    strange = frame(5)
    strange.loc[600:605, "outside"] += 12
    found = series.detect(strange)
    assert found.scores.shape == (1200,)
    assert found.where.shape == (1200, 3)
    top = found.alarms[0]
    assert 595 <= top.start <= 605 < top.stop + 5
    assert top.channel == "outside"
    assert HOURS[top.start] == pd.Timestamp(top.begins)
    assert (found.is_anomaly == (found.p_values <= 0.01)).all()
    assert found.alarms_frame("pandas").shape[0] == len(found.alarms)
    assert len(found.to_frame("polars")) == 1200
    assert "alarm" in repr(found)


def test_a_channel_that_never_changed_is_an_alarm_where_it_does(series: Series) -> None:
    strange = frame(5)
    strange.loc[40, "fuse"] = 0
    found = series.detect(strange)
    assert (found.alarms[0].start, found.alarms[0].channel) == (40, "fuse")


def test_p_values_of_missing_steps_are_one(series: Series) -> None:
    holed = frame(5)
    holed.loc[10:90, ["load", "outside", "fuse"]] = np.nan
    found = series.detect(holed)
    assert (found.p_values[10:91] == 1).all()
    assert np.isnan(found.scores[10:91]).all()
    assert not np.isnan(found.scores[:10]).any()


def test_denoising_takes_noise_away(series: Series) -> None:
    clean = frame(6)
    noisy = clean.copy()
    noisy["load"] += 4 * np.random.default_rng(0).normal(size=1200)
    answer, report = series.denoise(noisy, "normal", rate=0.1, return_report=True)
    before, after = (((each["load"] - clean["load"]) ** 2).mean() for each in (noisy, answer))
    assert after < 0.9 * before
    assert report.kind == "normal"
    unchanged = series.denoise(clean, "none")
    pd.testing.assert_frame_equal(unchanged, clean)


def test_new_series_look_like_the_old_ones(series: Series) -> None:
    made = series.generate(6, steps=120)
    assert list(made.columns) == ["when", "series", "load", "outside", "fuse"]
    assert len(made) == 6 * 120
    assert abs(made["load"].mean() - 100) < 5
    assert made[["load", "outside"]].corr().iloc[0, 1] > 0.5
    again = series.generate(6, steps=120)
    pd.testing.assert_frame_equal(made, again)
    assert len(series.generate(2)) == 2 * 52


SOURCES: dict[str, Any] = {
    "pandas": lambda: frame(7, 200),
    "polars": lambda: pl.from_pandas(frame(7, 200).assign(name="α", whole=range(200))),
    "arrow": lambda: pl.from_pandas(frame(7, 53)).to_arrow(),
    "an index": lambda: frame(7, 100).set_index("when"),
    "holes": lambda: frame(7, 100).assign(load=np.where(np.arange(100) % 7, 1.5, np.nan)),
    "a gap": lambda: frame(7, 300).drop(index=range(50, 200)),
    "rows in disorder": lambda: frame(7, 100).sample(frac=1, random_state=0),
    "repeated rows": lambda: pd.concat([frame(7, 60), frame(8, 60)]),
    "odd floats": lambda: frame(7, 60).assign(load=[-0.0, 1e300, 1e-300, 0.1 + 0.2, *range(56)]),
    "wide integers": lambda: frame(7, 60).assign(load=np.arange(60) + 2**60),
    "one step": lambda: frame(7, 1),
}


@pytest.mark.parametrize("source", SOURCES)
def test_compressed_series_come_back_bit_for_bit(series: Series, source: str) -> None:
    X = SOURCES[source]()
    if source != "an index":
        back = series.decompress(series.compress(X))
        assert type(back) is type(X)
        if source == "pandas" or isinstance(X, pd.DataFrame):
            pd.testing.assert_frame_equal(back, X, check_exact=True)
        else:
            assert back.equals(X)
        return
    X.index.name = "when"
    pd.testing.assert_frame_equal(series.decompress(series.compress(X)), X, check_exact=True, check_freq=False)


@pytest.mark.parametrize("name", ["load.csv", "load.csv.gz", "load.parquet"])
def test_a_file_comes_back_byte_for_byte_and_is_small(series: Series, tmp_path: Path, name: str) -> None:
    path, table = tmp_path / name, frame(7).round({"load": 2, "outside": 2})
    if name.endswith("parquet"):
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False)
    blob = series.compress(path)
    assert len(blob) < 0.25 * len(table.to_csv(index=False))
    back = series.decompress(blob)
    assert back.column("load").to_pylist() == table["load"].tolist()
    if name.endswith("parquet"):
        with pytest.raises(InputError, match=r"decompress_file needs the series of a \.csv file"):
            series.decompress_file(blob)
    else:
        assert series.decompress_file(blob) == table.to_csv(index=False).encode()


def test_any_altered_byte_is_refused(series: Series) -> None:
    blob = series.compress(frame(7, 60))
    for place in range(0, len(blob), 37):
        broken = bytearray(blob)
        broken[place] ^= 1
        with pytest.raises(QuintetError):
            series.decompress(bytes(broken))
    with pytest.raises(FileRefused, match="damaged or cut short"):
        series.decompress(blob[:-1])
    with pytest.raises(FileRefused, match="not series"):
        series.decompress(series.vae.compress(np.zeros((1, 52, 2))))


def test_a_saved_model_answers_alike(series: Series, tmp_path: Path) -> None:
    series.save(tmp_path / "m.safetensors")
    loaded = quintet.load(tmp_path / "m.safetensors")
    assert isinstance(loaded, Series)
    assert loaded.description_ == series.description_
    assert loaded.notes_ == series.notes_
    assert loaded.false_alarms == series.false_alarms
    X = frame(5)
    for other in (loaded, pickle.loads(pickle.dumps(series))):
        np.testing.assert_array_equal(other.detect(X).scores, series.detect(X).scores)
    assert loaded.compress(X[:100]) == series.compress(X[:100])


def test_many_series_of_any_lengths() -> None:
    many = [load(seed, steps, second=False)[:, 0] for seed, steps in enumerate([300, 40, 200, 1, 500, 90, 120, 77])]
    model = Series(**{**TINY, "epochs": 5}).fit(many)
    found = model.detect(many)
    assert [len(each) for each in found.scores] == [len(each) for each in many]
    assert all(np.isfinite(each).all() for each in found.scores)
    back = model.decompress(model.compress(many))
    assert all(np.array_equal(a, b) for a, b in zip(back, many, strict=True))
    holed = [np.where(np.arange(len(each)) % 5 == 2, np.nan, each) for each in many]
    filled = model.impute(holed)
    assert all(np.isfinite(each).all() for each in filled)
    ahead = model.forecast(many, 3)
    assert [each.shape for each in ahead.mean] == [(3, 1)] * len(many)
    assert isinstance(ahead.table, list)
    assert model.denoise(many, "none")[3].tolist() == many[3].tolist()


def test_a_long_table_is_answered_as_one() -> None:
    table = pd.concat([frame(seed, 300).assign(plant=f"p{seed}") for seed in range(3)], ignore_index=True)
    model = Series(**{**TINY, "epochs": 3}).fit(table)
    assert model.description_.id_column == "plant"
    found = model.forecast(table, 5)
    assert found.names == ("p0", "p1", "p2")
    assert found.table["plant"].tolist() == ["p0"] * 5 + ["p1"] * 5 + ["p2"] * 5
    alone = model.forecast(table[table["plant"] == "p1"], 5)
    np.testing.assert_allclose(alone.mean[0], found.mean[1], rtol=0.1)
    pd.testing.assert_frame_equal(model.decompress(model.compress(table)), table)


def test_classes_of_series_condition_what_is_generated() -> None:
    rng = np.random.default_rng(0)
    high = np.arange(80) % 2
    many = [3.0 * h + 0.3 * rng.normal(size=24) for h in high]
    model = Series("cvae", **{**TINY, "epochs": 300}).fit(many, high)
    means = [np.mean(model.generate(20, condition)) for condition in (0, 1)]
    assert means[1] - means[0] > 0.8
    with pytest.raises(InputError, match="a class for each of the 80 series"):
        model.fit(many, high[:5])


class Counting:
    """Stands for a model: a missing cell is the last observed one of its window, plus one for each row before."""

    def impute(self, rows: np.ndarray, draws: int = 0, random_state: int = 0, **_: Any) -> np.ndarray:
        last = pd.DataFrame(rows[:, :, 0].T).ffill().bfill().to_numpy().T[:, :, None]
        filled = np.where(np.isnan(rows), last + np.arange(len(rows))[:, None, None] * (draws > 0), rows)
        return filled[None] if draws else filled


def test_later_windows_of_a_draw_see_its_earlier_ones() -> None:
    values = np.array([5.0, *[np.nan] * 4])[:, None]
    found = fill_series(Counting(), [values], 4, draws=3)
    assert [own[:, 0].tolist() for own in found.draws[0]] == [[5] * 5, [5, 6, 6, 7, 7], [5, 7, 7, 9, 9]]
    assert found.mean[0][:, 0].tolist() == [5, 6, 6, 7, 7]
    assert fill_series(Counting(), [values], 4).mean[0][:, 0].tolist() == [5] * 5


def autoregressive(rng: np.random.Generator, phi: float, steps: int) -> np.ndarray:
    """An AR(1) process (steps,) in its stationary state."""
    return lfilter([1.0], [1.0, -phi], rng.normal(size=steps + 300))[300:]


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_the_memory_of_an_autoregressive_process_is_known_in_closed_form(phi: float) -> None:
    rng = np.random.default_rng(0)
    found = memory_of([autoregressive(rng, phi, 20_000) for _ in range(3)], 200)
    assert found == pytest.approx((1 + phi) / (1 - phi), rel=0.15)


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_clean_steps_are_called_as_rarely_as_promised_though_they_depend_on_each_other(phi: float) -> None:
    """The mean share over calibrations on one stretch of AR(1) scores, asked about another; and of peaks."""
    rng, level, window = np.random.default_rng(int(10 * phi)), 0.04, 50

    def stretch(steps: int) -> Surprise:
        return Surprise(autoregressive(rng, phi, steps)[:, None], np.stack([autoregressive(rng, phi, steps)] * 4, 1))

    shares, peaks = [], []
    for _ in range(200):
        clean, new = clean_scores([stretch(700), stretch(700)], window), stretch(700)
        shares.append((step_p_values(new, clean) <= level).mean())
        peaks.append(stretch_p_value(float(score_of(new, clean)[:window].max()), clean))
    assert 0.2 * level <= np.mean(shares) <= level + 2 * np.std(shares) / np.sqrt(len(shares))
    assert np.mean(np.array(peaks) <= 0.2) <= 0.2 + 2 * 0.4 / np.sqrt(len(peaks))


@pytest.mark.parametrize("phi", [0.0, 0.9])
def test_a_model_calls_its_share_of_clean_steps(phi: float) -> None:
    noise = autoregressive(np.random.default_rng(3), phi, 15_000)
    with warnings.catch_warnings(), hardly_measured():
        warnings.simplefilter("ignore", QuintetWarning)
        model = Series(**{**TINY, "epochs": 4}, calibration=0.4, window=32, false_alarms=0.05).fit(noise[:5000])
    assert 0.005 < model.detect(noise[5000:]).is_anomaly.mean() < 0.06


BAD: dict[str, tuple[Any, dict[str, Any], str]] = {
    "one step": (np.zeros(1), {}, "at least 8 steps"),
    "constant": (np.ones(200), {}, "must have a channel that changes, got x0"),
    "missing alone": (np.full(200, np.nan), {}, "must have a channel that changes"),
    "a window too long": (np.arange(50.0), {"window": 60}, "window must be at most the longest series' 50 steps"),
    "no window": (np.arange(50.0), {"window": 1}, "window must be an integer from 2 to 4096 or 'auto'"),
    "no share": (np.arange(50.0), {"false_alarms": 0.0}, "false_alarms must be"),
    "no series": (3.5, {}, "X must be"),
    "a file of another kind": ("series.txt", {}, "must be one of .csv"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_fitted_is_refused_in_a_sentence(case: str) -> None:
    X, parameters, words = BAD[case]
    with pytest.raises(QuintetError, match=words):
        Series(**{**TINY, **parameters}).fit(X)


ASKED: dict[str, tuple[Any, str]] = {
    "no channel": (frame(0, 60).drop(columns="outside"), "'outside' is missing"),
    "text": (frame(0, 60).assign(load="x"), "must hold numbers"),
    "no time": (frame(0, 60).drop(columns="when"), "got 'when'"),
    "other times": (frame(0, 60).assign(when=np.arange(60)), "must be dates as in training"),
    "an array": (np.zeros((60, 3)), "got 'when'"),
    "a step far from the others": (
        frame(0, 60).assign(when=[*HOURS[:59], pd.Timestamp("9000-01-01")]),
        "would have",
    ),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_cannot_be_asked_is_refused_in_a_sentence(series: Series, case: str) -> None:
    X, words = ASKED[case]
    for question in ("detect", "impute", "forecast", "denoise"):
        with pytest.raises(QuintetError, match=words):
            getattr(series, question)(X)


def test_ends_of_missing_cells_and_one_step_are_answered(series: Series) -> None:
    ends = frame(1, 200)
    ends.loc[:20, ["load", "outside"]] = np.nan
    ends.loc[180:, ["load", "outside"]] = np.nan
    assert series.impute(ends).notna().all(axis=None)
    one = frame(1, 1)
    assert len(series.detect(one).scores) == 1
    assert series.forecast(one, 2).mean.shape == (2, 3)
    pd.testing.assert_frame_equal(series.impute(one), one)
