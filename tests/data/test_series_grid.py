"""Series on regular grids: the time column, the step, gaps, and what is refused."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.data.sequences.series.answers import like_source
from quintet.data.sequences.series.grid import grid_of, on_grid, step_of
from quintet.data.sequences.series.notes import notes_of
from quintet.data.sequences.series.read import read_series
from quintet.data.sequences.series.time_axis import TimeAxis
from quintet.errors import InputError

HOURS = pd.date_range("2024-03-01", periods=60, freq="h")


def hourly(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"when": HOURS, **(columns or {"load": np.arange(60.0)})})


@settings(max_examples=60, deadline=None)
@given(
    places=st.lists(st.integers(0, 200), min_size=3, max_size=60),
    step=st.sampled_from([1, 7, 60, 3600]),
    start=st.integers(-(10**9), 10**9),
)
def test_rows_lie_where_their_time_stamps_say(places: list[int], step: int, start: int) -> None:
    ticks = start + step * np.array([0, 1, 2, *places])
    grid = grid_of(ticks, TimeAxis(kind="number", step=step))
    assert grid.start == start
    assert (grid.start + grid.places * step == ticks).all()
    assert grid.count == max(2, *places) + 1
    assert grid.repeated == len(ticks) - len(set(ticks.tolist()))
    cells = np.random.default_rng(0).normal(size=(len(ticks), 2))
    dense = on_grid(cells, grid)
    for place in range(grid.count):
        own = cells[grid.places == place]
        expected = own.mean(0) if len(own) else np.full(2, np.nan)
        np.testing.assert_allclose(dense[place], expected)


@pytest.mark.parametrize("kept", [1.0, 0.7, 0.4])
@pytest.mark.parametrize("step", [1, 300, 86_400])
def test_the_step_is_found_in_spite_of_gaps(kept: float, step: int) -> None:
    there = np.flatnonzero(np.random.default_rng(1).random(500) < kept)
    assert step_of([there * step]) == step


def test_jitter_does_not_change_the_step_and_is_said() -> None:
    rng = np.random.default_rng(2)
    times = HOURS + pd.to_timedelta(rng.integers(-40, 40, 60), unit="s")
    data = read_series(pd.DataFrame({"t": times, "v": np.arange(60.0)}))
    assert abs(data.axis.step / 10**6 - 3600) < 60
    assert len(data.series[0]) == 60
    assert any("moved to the nearest" in note for note in notes_of(data))


@pytest.mark.parametrize("freq", ["MS", "ME", "QE", "YS"])
def test_months_are_one_step_each(freq: str) -> None:
    times = pd.date_range("2000-01-01", periods=30, freq=freq)
    data = read_series(pd.DataFrame({"month": times, "v": np.arange(30)}))
    assert data.axis.kind == "month"
    assert len(data.series[0]) == 30
    stamps = data.axis.stamps(data.series[0].start, 30)
    assert (stamps == times.to_numpy().astype(stamps.dtype)).all()


def test_a_long_table_becomes_its_series() -> None:
    lengths = {"b": 60, "a": 35}
    parts = [hourly(load=np.arange(60.0))[:n].assign(sensor=name) for name, n in lengths.items()]
    mixed = pd.concat(parts).sample(frac=1, random_state=0, ignore_index=True)
    data = read_series(mixed)
    assert data.id_column == "sensor"
    assert {one.name: len(one) for one in data.series} == lengths
    for one in data.series:
        assert (one.values[:, 0] == np.arange(len(one))).all()
    assert read_series(mixed, series="sensor").id_column == "sensor"


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("hole", [False, True])
def test_answers_have_the_form_of_the_source(library: str, hole: bool) -> None:
    frame = hourly(load=np.arange(60), temperature=np.linspace(0, 1, 60).astype("float32"), note=["x"] * 60)
    frame["when"] = frame["when"].dt.tz_localize("Europe/Berlin")
    frame = frame.drop(index=7) if hole else frame
    source = {"pandas": frame, "polars": pl.from_pandas(frame), "pyarrow": pl.from_pandas(frame).to_arrow()}[library]
    data = read_series(source)
    answer = like_source(data, [one.values for one in data.series])
    assert type(answer) is type(source)
    back = pl.from_pandas(answer) if library == "pandas" else pl.DataFrame(answer)
    assert back["when"].dtype == pl.Datetime("us", "Europe/Berlin")
    assert len(back) == 60
    if not hole:
        assert back.equals(pl.from_pandas(frame))
    else:
        assert back["load"].fill_nan(None).null_count() == 1
        assert back["when"].diff().n_unique() == 2  # one step, and none for the first row


@pytest.mark.parametrize("dtype", ["f8", "f4", "i2", "bool"])
def test_arrays_come_back_with_axes_and_type(dtype: str) -> None:
    rng = np.random.default_rng(0)
    flat, two = (rng.integers(0, 2, 9).astype(dtype), rng.integers(0, 2, (9, 3)).astype(dtype))
    for source in (flat, two, [flat, flat[:4]], np.stack([two, two])):
        data = read_series(source)
        answer = like_source(data, [one.values for one in data.series])
        assert all(a.dtype == np.dtype(dtype) for a in (answer if data.many else [answer]))
        for a, b in zip(answer if data.many else [answer], source if data.many else [source], strict=True):
            assert np.array_equal(a, b)


def test_time_is_the_index_a_named_column_or_a_running_number() -> None:
    indexed = pd.Series(np.arange(60.0), index=HOURS, name="load")
    assert read_series(indexed).axis.span(1) == "1 hour"
    assert read_series(indexed.to_frame()).from_index
    numbers = pd.DataFrame({"seconds": np.arange(50) * 0.25, "v": np.arange(50.0)})
    assert read_series(numbers).axis.name == "seconds"
    assert read_series(numbers).axis.step == pytest.approx(0.25)
    two = hourly(load=np.arange(60.0)).assign(other=np.arange(60) * 10)
    assert read_series(two, time="other").axis.step == 10
    assert read_series(np.arange(20.0)).axis.kind == "step"
    assert read_series(np.stack([np.arange(20.0), np.ones(20)], 1)).channels == ("x0", "x1")


SAID: dict[str, tuple[pd.DataFrame, str]] = {
    "backwards": (hourly()[::-1], "sorted by time"),
    "twice": (pd.concat([hourly(), hourly()[:3]]).sort_values("when"), "3 rows share a step"),
    "a gap": (hourly().drop(index=range(10, 40)), "longest gap is of 30 steps"),
    "missing cells": (hourly(load=np.where(np.arange(60) % 9, 1.5, np.nan)), "7 cells of rows are missing"),
    "text": (hourly(load=np.arange(60.0), note=["a"] * 60), "left out: note"),
}


@pytest.mark.parametrize("case", SAID)
def test_what_had_to_be_changed_is_said(case: str) -> None:
    frame, words = SAID[case]
    data = read_series(frame)
    assert any(words in note for note in notes_of(data)), notes_of(data)
    assert (np.diff(data.axis.stamps(data.series[0].start, len(data.series[0]))) > np.timedelta64(0)).all()


ZONED = pd.DataFrame({"when": ["2024-01-01T00:00+01:00", "2024-01-01T01:00", "2024-01-01T02:00"], "v": [1.0, 2, 3]})
REFUSED: dict[str, tuple[Any, dict[str, str], str]] = {
    "two time zones": (
        [hourly().assign(when=HOURS.tz_localize(zone)) for zone in ("UTC", "Asia/Tokyo")],
        {},
        "one time zone, got Asia/Tokyo and UTC",
    ),
    "a zone beside none": (ZONED, {}, "with a time zone beside others without"),
    "a row without time": (hourly().assign(when=[pd.NaT, *HOURS[1:]]), {}, "must have a time stamp, got none in row 0"),
    "no such column": (hourly(), {"time": "date"}, "time must name a column, got 'date'"),
    "no time in it": (hourly(load=np.arange(60.0), note=["a"] * 60), {"time": "note"}, "dates or numbers"),
    "no numbers": (hourly(note=["a"] * 60), {}, "must have a column of numbers"),
    "infinite": (hourly(load=[np.inf, *range(59)]), {}, "infinite number in row 0"),
    "no steps": (hourly()[:0], {}, "at least one step"),
    "other columns": ([hourly(), hourly(other=np.arange(60.0))], {}, "the same columns"),
    "gaps alone": (
        pd.DataFrame({"t": [0, 1, 2, 3, 10**12], "v": np.arange(5.0)}),
        {"time": "t"},
        "would have 1,000,000,000,001 steps for 5 rows",
    ),
    "four axes": (np.zeros((2, 2, 2, 2)), {}, r"\(steps,\) or \(steps, channels\)"),
    "times of two kinds": ([hourly(), hourly().assign(when=np.arange(60))], {"time": "when"}, "of one kind"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_series_is_refused_in_a_sentence(case: str) -> None:
    source, named, words = REFUSED[case]
    with pytest.raises(InputError, match=words):
        read_series(source, **named)
