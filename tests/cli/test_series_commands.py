"""Commands on series: a file with time stamps is recognised, answered and restored."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quintet import load
from quintet.data.sequences.series.recognise import recognised
from tests.cli.command import invoke, ok
from tests.shared import Shared, hardly_measured

FIT = ("--latent-dim", 4, "--network", "mlp", "--epochs", 6, "--context", "none", "--window", 52, "--quiet")


def sensor(steps: int = 600, seed: int = 0) -> pd.DataFrame:
    rng, at = np.random.default_rng(seed), np.arange(steps)
    load = 50 + 10 * np.sin(at * 2 * np.pi / 24) + rng.normal(size=steps)
    return pd.DataFrame({"timestamp": pd.date_range("2024-01-01", periods=steps, freq="h"), "load": load.round(2)})


@pytest.fixture(scope="module")
def model(shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    def fit() -> Any:
        folder = tmp_path_factory.mktemp("series")
        sensor().to_csv(folder / "sensor.csv", index=False)
        with warnings.catch_warnings(), hardly_measured():
            warnings.simplefilter("ignore")
            ok("fit", folder / "sensor.csv", "--out", folder / "m.safetensors", *FIT)
        return load(folder / "m.safetensors")

    path = tmp_path_factory.mktemp("model") / "m.safetensors"
    shared("series-command", fit).save(path)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "sensor.csv"
    sensor(seed=1).to_csv(path, index=False)
    return path


def test_a_forecast_continues_the_time_stamps(model: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "ahead.csv"
    ok("forecast", model, data, "--out", out, "--steps", 5, "--quantiles", "0.2,0.8")
    found = pd.read_csv(out, parse_dates=["timestamp"])
    assert list(found.columns) == ["timestamp", "load", "load_q0.2", "load_q0.8"]
    assert (found["timestamp"] == pd.date_range("2024-01-26", periods=5, freq="h")).all()
    assert (found["load_q0.2"] <= found["load_q0.8"]).all()


def test_detect_writes_steps_and_prints_alarms(model: Path, tmp_path: Path) -> None:
    strange = sensor(seed=2)
    strange.loc[300:303, "load"] += 60
    strange.to_csv(tmp_path / "strange.csv", index=False)
    result = ok("detect", model, tmp_path / "strange.csv", "--out", tmp_path / "s.csv", "--false-alarms", 0.1, "--json")
    figures = json.loads(result.stdout)
    assert figures["steps"] == 600
    assert figures["alarm 1"]["channel"] == "load"
    assert "2024-01-13" in figures["alarm 1"]["peak"]
    scores = pd.read_csv(tmp_path / "s.csv")
    assert list(scores.columns) == ["time", "score", "p_value", "is_anomaly", "surprise_load"]
    assert scores["is_anomaly"].sum() == figures["steps_called"]


def test_impute_writes_rows_that_were_not_there_with_bands(model: Path, tmp_path: Path) -> None:
    sensor(seed=3).drop(index=range(100, 108)).to_csv(tmp_path / "gap.csv", index=False)
    ok("impute", model, tmp_path / "gap.csv", "--out", tmp_path / "full.csv", "--interval", 0.8)
    full = pd.read_csv(tmp_path / "full.csv")
    assert len(full) == 600
    assert list(full.columns) == ["timestamp", "load", "load_low", "load_high"]
    assert (full["load_low"] <= full["load_high"]).all()
    assert (full["load_low"] < full["load_high"])[100:108].all()


def test_a_file_is_restored_byte_for_byte(model: Path, data: Path, tmp_path: Path) -> None:
    ok("compress", model, data, "--out", tmp_path / "c.qns")
    ok("decompress", model, tmp_path / "c.qns", "--out", tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_bytes() == data.read_bytes()
    assert (tmp_path / "c.qns").stat().st_size < 0.3 * data.stat().st_size
    about = json.loads(ok("info", tmp_path / "c.qns", "--json").stdout)
    assert about["holds"] == "a series of 600 steps, channels coded by a model of series: load"
    assert (about["steps"], about["restores"]) == (600, "byte for byte")
    assert about["bytes"] == (tmp_path / "c.qns").stat().st_size
    assert about["bits_per_value"] == pytest.approx(8 * about["bytes"] / 600)
    ok("decompress", model, tmp_path / "c.qns", "--out", tmp_path / "back.parquet")
    assert pd.read_parquet(tmp_path / "back.parquet")["load"].tolist() == sensor(seed=1)["load"].tolist()


def test_denoise_and_generate_write_tables(model: Path, data: Path, tmp_path: Path) -> None:
    ok("denoise", model, data, "--out", tmp_path / "clean.csv", "--noise", "normal", "--rate", 0.02)
    assert len(pd.read_csv(tmp_path / "clean.csv")) == 600
    ok("generate", model, "--out", tmp_path / "new.csv", "-n", 3, "--steps", 40)
    new = pd.read_csv(tmp_path / "new.csv")
    assert new.groupby("series").size().tolist() == [40] * 3


def test_generate_needs_no_option_and_gives_windows_with_time_stamps(model: Path, tmp_path: Path) -> None:
    ok("generate", model, "--out", tmp_path / "new.csv")
    new = pd.read_csv(tmp_path / "new.csv", parse_dates=["timestamp"])
    assert (new.groupby("series").size() == 52).all()
    assert (new.groupby("series")["timestamp"].diff().dropna() == pd.Timedelta("1h")).all()
    assert new["load"].between(0, 100).mean() > 0.9
    ok("generate", model, "--out", tmp_path / "same.csv")
    assert (tmp_path / "same.csv").read_bytes() == (tmp_path / "new.csv").read_bytes()
    ok("generate", model, "--out", tmp_path / "other.parquet", "-n", 2, "--seed", 1)
    assert len(pd.read_parquet(tmp_path / "other.parquet")) == 104


REFUSED = {
    "no such class": (("generate", "MODEL", "--out", "o.csv", "--condition", "a"), "condition must be None"),
    "a command of rows": (("evaluate", "MODEL", "DATA"), "holds a model of series"),
    "a page with letters": (
        ("report", "MODEL", "DATA", "--out", "p", "--strange", "letters"),
        "--strange has no meaning for a model of series",
    ),
    "an option of rows": (("detect", "MODEL", "DATA", "--out", "o.csv", "--fdr", 0.1), "--fdr is not supported for a"),
    "another format": (("impute", "MODEL", "DATA", "--out", "o.npz"), "Series are written to .csv or .parquet"),
    "draws": (("impute", "MODEL", "DATA", "--out", "o.csv", "--draws", 2), "--interval for bands"),
    "quantiles": (("forecast", "MODEL", "DATA", "--out", "o.csv", "--quantiles", "0.1,2"), "between 0 and 1"),
    "other channels": (("forecast", "MODEL", "OTHER", "--out", "o.csv"), "got 'timestamp'"),
    "table and time": (("fit", "DATA", "--out", "n.safetensors", "--as", "table", "--time", "timestamp"), "--as table"),
    "series of rows": (("fit", "digits", "--out", "n.safetensors", "--as", "series"), "needs a .csv or .parquet file"),
    "series and patches": (
        ("fit", "DATA", "--out", "n.safetensors", "--as", "series", "--patch", "8x8"),
        "--patch is not supported for series",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_apply_is_refused_in_a_sentence(
    case: str, model: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sensor().rename(columns={"timestamp": "when", "load": "flow"}).to_csv("other.csv", index=False)
    arguments, words = REFUSED[case]
    places = {"MODEL": model, "DATA": data, "OTHER": "other.csv"}
    result = invoke(*(places.get(str(argument), argument) for argument in arguments))
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert "internal error" not in result.stderr


ROWS = np.random.default_rng(0)


def dated(stamps: Any, **more: Any) -> pd.DataFrame:
    """A table of cases: a date, a number and a level of each."""
    n = len(stamps)
    table = pd.DataFrame({"date": stamps, "amount": ROWS.normal(size=n).round(2), "kind": ROWS.choice(["a", "b"], n)})
    return table.assign(**more)


def after(*gaps: Any, unit: str) -> Any:
    """Time stamps at some distances from one another."""
    return pd.Timestamp("2020-01-01") + pd.to_timedelta(np.cumsum(np.concatenate(gaps)), unit)


BIRTHS = pd.to_datetime("1960-01-01") + pd.to_timedelta(np.sort(ROWS.choice(9000, 200, replace=False)), "D")
DAYS = pd.date_range("2024-01-01", periods=200, freq="D")
TABLES = {
    "series": (sensor(100), True),
    "long": (pd.concat([sensor(80).assign(plant=name) for name in "ab"]), True),
    "few steps": (sensor(20), False),
    "days of births": (
        sensor(100).assign(timestamp=pd.to_datetime("1960-01-01") + pd.to_timedelta(ROWS.integers(0, 9000, 100), "D")),
        False,
    ),
    "a level beside": (sensor(100).assign(state=ROWS.choice(["a", "b"], 100)), True),
    "levels of a machine with empty cells": (dated(DAYS).assign(kind=np.where(np.arange(200) % 7, "on", None)), False),
    "two levels with empty cells": (
        dated(DAYS).assign(kind=np.select([np.arange(200) % 7 == 0, np.arange(200) % 3 == 0], ["off", None], "on")),
        True,
    ),
    "levels on working days": (dated(pd.bdate_range("2024-01-01", periods=200)), True),
    "levels by month": (dated(pd.date_range("2004-01-01", periods=100, freq="MS")), True),
    "levels of two plants": (pd.concat([dated(DAYS).assign(plant=name) for name in ("north", "south")]), True),
    "levels and seconds": (dated(np.arange(200) * 0.5).rename(columns={"date": "time"}), True),
    "births in order": (dated(BIRTHS), False),
    "births in disorder": (dated(ROWS.permutation(BIRTHS)), False),
    "days in disorder": (dated(ROWS.permutation(DAYS)), False),
    "a few orders a day": (dated(after(ROWS.poisson(0.4, 300), unit="D")), False),
    "an order on most days": (dated(after(1 + ROWS.poisson(0.5, 300), unit="D")), False),
    "visits at random": (dated(after(ROWS.exponential(5000, 300).astype(int), unit="s")), False),
    "days with a name each": (dated(DAYS, name=[f"n{i}" for i in range(200)]), False),
    "days with rare levels": (dated(DAYS, place=[f"p{i % 12}" for i in range(200)]).head(100), False),
    "years of birth": (dated(ROWS.integers(1950, 2000, 200)).rename(columns={"date": "year"}), False),
    "times to an event": (dated(np.sort(ROWS.exponential(5, 200))).rename(columns={"date": "time"}), False),
    "numbered rows": (pd.DataFrame({"id": np.arange(100), "x": ROWS.normal(size=100)}), False),
    "seconds": (pd.DataFrame({"time": np.arange(100) * 0.5, "x": ROWS.normal(size=100)}), True),
    "no time": (pd.DataFrame({"a": ROWS.normal(size=100), "b": ROWS.normal(size=100)}), False),
}


@pytest.mark.parametrize("kind", [".csv", ".csv.gz", ".parquet"])
@pytest.mark.parametrize("case", TABLES)
def test_series_are_told_from_tables(case: str, kind: str, tmp_path: Path) -> None:
    table, wanted = TABLES[case]
    path = tmp_path / f"table{kind}"
    if kind == ".parquet":
        table.to_parquet(path, index=False)
    else:
        table.to_csv(path, index=False)
    assert (recognised(path) is not None) == wanted


def test_a_recognised_series_is_named_with_the_way_to_a_table(tmp_path: Path) -> None:
    path, short = tmp_path / "machine.csv", ("--epochs", 1, "--latent-dim", 2, "--network", "mlp", "--context", "none")
    dated(DAYS).to_csv(path, index=False)
    with warnings.catch_warnings(), hardly_measured():
        warnings.simplefilter("ignore")
        found = ok("fit", path, "--out", tmp_path / "m.safetensors", *short)
        asked = ok("fit", path, "--out", tmp_path / "n.safetensors", *short, "--as", "series")
    noted = [line for line in found.stderr.splitlines() if "recognised" in line]
    assert noted == [
        "note: recognised as series by the regular time stamps of 'date'; --as table reads each row by itself"
    ]
    assert "column 'kind' of text has 2 levels" in found.stderr
    assert "recognised" not in asked.stderr
