"""A column of text with few levels beside channels of numbers: all answers, and what is refused."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import quintet
from quintet import Series
from quintet.errors import InputError, QuintetWarning
from tests.shared import Shared, hardly_measured

OPTIONS: dict[str, Any] = {
    "latent_dim": 4,
    "network": {"kind": "mlp", "hidden": (64,)},
    "epochs": 60,
    "context": "none",
    "training": {"batch_size": 64},
    "window": 48,
    "calendar": None,
}
STATES = ("idle", "run", "stop")


def machine(seed: int, steps: int = 960) -> pd.DataFrame:
    """A machine that idles, runs and stops in shifts of eight hours, and its power, which follows from the state."""
    rng, at = np.random.default_rng(seed), np.arange(steps)
    state = np.array(STATES)[(at // 8) % 3]
    power = np.select([state == "run", state == "idle"], [8.0, 3.0], 0.0) + 0.3 * rng.normal(size=steps)
    when = pd.date_range("2024-01-01", periods=steps, freq="h")
    return pd.DataFrame({"when": when, "power": power, "state": state})


@pytest.fixture(scope="module")
def series(shared: Shared) -> Series:
    def fit() -> Series:
        with warnings.catch_warnings(), hardly_measured():
            warnings.simplefilter("ignore", QuintetWarning)
            return Series(**OPTIONS).fit(machine(0))

    return shared("series-levels", fit)


def test_the_levels_are_channels_and_the_notes_say_so(series: Series) -> None:
    names = [channel.name for channel in series.description_.channels]
    assert names == ["power", "state=idle", "state=run", "state=stop"]
    assert "column 'state' of text has 3 levels" in " ".join(series.notes_)
    assert not series.description_.left_out


@pytest.mark.parametrize("library", ["pandas", "polars", "arrow"])
def test_missing_levels_are_filled_from_the_number_and_others_stay(series: Series, library: str) -> None:
    whole = machine(1)
    gone = np.random.default_rng(0).random(len(whole)) < 0.2
    holed = whole.assign(state=whole["state"].where(~gone, None))
    if library == "pandas":
        filled = series.impute(holed)
    else:
        found = series.impute(pl.from_pandas(holed) if library == "polars" else pl.from_pandas(holed).to_arrow())
        filled = (found if library == "polars" else pl.from_arrow(found)).to_pandas()
    assert list(filled.columns) == ["when", "power", "state"]
    assert (filled["state"][~gone] == whole["state"][~gone]).all()
    assert (filled["state"][gone] == whole["state"][gone]).mean() > 0.9
    draws = series.impute(holed, draws=2)
    assert all(set(each["state"]) <= set(STATES) for each in draws)


def test_a_level_tells_the_number_that_is_missing(series: Series) -> None:
    whole = machine(2)
    filled = series.impute(whole.assign(power=whole["power"].where(np.arange(len(whole)) % 5 != 2)))
    error = np.abs(filled["power"] - whole["power"])[np.arange(len(whole)) % 5 == 2].mean()
    assert error < 0.3 * np.abs(whole["power"] - whole["power"].mean()).mean()


def test_a_forecast_has_levels_and_their_probabilities(series: Series) -> None:
    whole = machine(3)
    ahead = series.forecast(whole[:600], 20)
    assert list(ahead.table["when"]) == list(whole["when"][600:620])
    assert (ahead.table["state"] == whole["state"][600:620].to_numpy()).mean() > 0.7
    shares = ahead.table[[f"state={level}" for level in STATES]].to_numpy()
    assert ((shares >= 0) & (shares <= 1)).all()
    np.testing.assert_allclose(shares.sum(1), 1)
    assert not [name for name in ahead.table.columns if name.startswith("state=") and "_q" in name]


def test_a_wrong_level_is_found_and_one_that_is_new_too(series: Series) -> None:
    strange = machine(4)
    strange.loc[500:503, "state"] = "idle" if strange.loc[500, "state"] != "idle" else "run"
    found = series.detect(strange)
    cells = found.where[:, 1:].max(1)
    assert 500 <= int(np.nanargmax(cells)) <= 503
    new = machine(4)
    new.loc[300, "state"] = "burning"
    alarm = series.detect(new).alarms[0]
    assert alarm.start == 300
    assert alarm.channel.startswith("state=")
    assert series.impute(new)["state"][300] == "burning"


def test_denoised_and_generated_levels_are_levels(series: Series) -> None:
    clean = series.denoise(machine(5), "normal", rate=0.05)
    assert (clean["state"] == machine(5)["state"]).mean() > 0.9
    made = series.generate(4, steps=96)
    assert set(made["state"]) == set(STATES)
    means = made.groupby("state")["power"].mean()
    assert means["run"] > means["idle"] > means["stop"]


def test_levels_come_back_from_a_compressed_file(series: Series) -> None:
    table = machine(6)
    table.loc[[3, 40], "state"] = [None, "burning"]
    pd.testing.assert_frame_equal(series.decompress(series.compress(table)), table)


def test_a_saved_model_answers_alike(series: Series, tmp_path: Any) -> None:
    series.save(tmp_path / "m.safetensors")
    loaded = quintet.load(tmp_path / "m.safetensors")
    assert loaded.description_ == series.description_
    pd.testing.assert_frame_equal(loaded.generate(1), series.generate(1))


def test_text_of_many_levels_is_left_out_and_text_alone_is_refused() -> None:
    table = machine(0, 200)
    from quintet.data.sequences.series.read import read_series

    found = read_series(table.assign(note=[f"n{j}" for j in range(200)]))
    assert found.left_out == ("note",)
    with pytest.raises(InputError, match="must have a column of numbers beside its time stamps"):
        Series(**OPTIONS).fit(table[["when", "state"]])


def test_numbers_in_place_of_levels_are_refused(series: Series) -> None:
    with pytest.raises(InputError, match="'state' must hold levels in text as in training"):
        series.impute(machine(0).assign(state=1.5))
    with pytest.raises(InputError, match="'state' is missing"):
        series.detect(machine(0).drop(columns="state"))
