"""Points in time with a zone: the same cells in every zone, and legal answers where clocks change."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from quintet.data.columns.answers import decode_cells, overlay
from quintet.data.columns.build_frame import build_frame
from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import encode_frame, learn_columns
from quintet.errors import QuintetWarning

DAYS = {"clocks go back": "2022-10-30", "clocks go forward": "2022-03-27"}


def times(day: str, zone: str | None = "Europe/Paris") -> pd.DataFrame:
    """A time every three minutes for three hours that contain a change of clocks in Paris."""
    return pd.DataFrame({"t": pd.date_range(f"{day} 00:00", periods=60, freq="3min", tz="UTC").tz_convert(zone)})


def libraries(frame: pd.DataFrame) -> dict[str, Any]:
    return {"pandas": frame, "polars": pl.from_pandas(frame), "pyarrow": pl.from_pandas(frame).to_arrow()}


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
def test_every_point_in_time_comes_back_in_its_zone(day: str, library: str) -> None:
    frame = libraries(times(day))[library]
    columns = learn_columns(read_frame(frame))
    cells = encode_frame(columns, read_frame(frame))
    assert (np.diff(cells[:, 0]) == 1).all()
    back = build_frame(columns, decode_cells(columns, cells), read_frame(frame).container, frame)
    assert back["t"].to_pylist() == frame["t"].to_pylist() if library == "pyarrow" else back.equals(frame)


@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
def test_cells_do_not_depend_on_the_zone_and_observed_times_keep_their_own(day: str) -> None:
    columns = learn_columns(read_frame(times(day)))
    elsewhere = times(day, "Asia/Tokyo")
    cells = encode_frame(columns, read_frame(elsewhere))
    np.testing.assert_array_equal(cells, encode_frame(columns, read_frame(times(day))))
    values = overlay(decode_cells(columns, cells), columns, read_frame(elsewhere), cells[:, :1] < 30)
    pd.testing.assert_frame_equal(build_frame(columns, values, "pandas", elsewhere), elsewhere)


@pytest.mark.parametrize(("trained", "given"), [("Europe/Paris", None), (None, "Europe/Paris")])
def test_times_without_a_zone_count_as_utc_with_a_warning(trained: str | None, given: str | None) -> None:
    columns = learn_columns(read_frame(times("2022-10-30", trained)))
    asked = times("2022-10-30", given)
    with pytest.warns(QuintetWarning, match="'t' held times .* in training, got times .* count as UTC"):
        cells = encode_frame(columns, read_frame(asked))
    np.testing.assert_array_equal(cells[:, 0], np.arange(60))
    pd.testing.assert_frame_equal(build_frame(columns, decode_cells(columns, cells), "pandas", asked), asked)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encode_frame(columns, read_frame(times("2022-10-30", trained)))
