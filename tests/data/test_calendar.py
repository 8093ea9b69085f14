"""The cycles of the calendar: where time stamps lie in them, which are chosen, and the features of steps."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from quintet.data.sequences.calendar import Calendar, Cycle
from quintet.data.sequences.series.calendar import calendar_of, turns_of
from quintet.data.sequences.series.read import read_series
from quintet.data.sequences.series.time_axis import TimeAxis
from quintet.errors import InputError
from quintet.models.context.calendar_features import calendar_features, feature_count

WHOLE = Calendar(
    cycles=(Cycle(name="day", steps=24), Cycle(name="week", steps=168), Cycle(name="year", steps=365.2425 * 24))
)


def axis(when: Any) -> tuple[TimeAxis, Any]:
    data = read_series(pd.DataFrame({"when": when, "x": np.arange(len(when)) % 7}))
    return data.axis, data.series[0]


@pytest.mark.parametrize("zone", [None, "Europe/Paris"])
def test_turns_are_those_of_the_local_clock(zone: str | None) -> None:
    when = pd.date_range("2023-12-30", periods=24 * 400, freq="h", tz=zone)
    found, one = axis(when)
    turns = turns_of(WHOLE, found, np.asarray(found.ticks(found.stamps(one.start, len(one)))))
    local = when.tz_localize(None)
    np.testing.assert_allclose(turns[:, 0] * 24, local.hour, atol=1e-9)
    np.testing.assert_allclose(turns[:, 1] * 7, local.day_of_week + local.hour / 24, atol=1e-9)
    days = np.where(local.is_leap_year, 366, 365)
    np.testing.assert_allclose(turns[:, 2] * days, local.day_of_year - 1 + local.hour / 24, atol=1e-9)


def test_months_have_a_year() -> None:
    found, one = axis(pd.date_range("2001-03-01", periods=40, freq="MS"))
    (cycle,) = calendar_of(found, 12, 40, "auto").cycles
    assert (cycle.name, cycle.steps) == ("year", 12)
    turns = turns_of(Calendar(cycles=(cycle,)), found, one.start + np.arange(40))
    np.testing.assert_allclose(turns[:, 0] * 12, (2 + np.arange(40)) % 12, atol=0.2)


@pytest.mark.parametrize(
    ("step", "period", "steps", "names"),
    [
        ("h", 24, 24 * 60, ["day", "week"]),
        ("h", 168, 24 * 60, ["day", "week"]),
        ("h", 24, 24 * 20, ["day"]),
        ("h", 24, 24 * 800, ["day", "week", "year"]),
        ("h", None, 24 * 60, None),
        ("h", 31, 24 * 60, None),
        ("30min", 48, 48 * 60, ["day", "week"]),
        ("D", 7, 100, ["week"]),
        ("D", 7, 800, ["week", "year"]),
        ("12h", 2, 800, None),
    ],
)
def test_cycles_are_those_that_the_period_and_the_length_speak_for(
    step: str, period: int | None, steps: int, names: list[str] | None
) -> None:
    found, _ = axis(pd.date_range("2024-01-01", periods=50, freq=step))
    calendar = calendar_of(found, period, steps, "auto")
    assert (None if calendar is None else [cycle.name for cycle in calendar.cycles]) == names
    assert calendar_of(found, period, steps, None) is None


def test_cycles_that_a_series_does_not_have_are_refused() -> None:
    assert [c.name for c in calendar_of(axis_of_hours(), None, 50, ["week"]).cycles] == ["week"]
    with pytest.raises(InputError, match="calendar must name cycles of at least 4 steps"):
        calendar_of(TimeAxis(), 24, 5000, ["day"])
    with pytest.raises(InputError, match="got day"):
        calendar_of(axis(pd.date_range("2024-01-01", periods=50, freq="D"))[0], 7, 5000, ["day"])


def axis_of_hours() -> TimeAxis:
    return axis(pd.date_range("2024-01-01", periods=50, freq="h"))[0]


def test_features_of_a_step_do_not_depend_on_where_its_row_begins() -> None:
    at = torch.arange(400)[None]
    turns = torch.tensor([[5 / 24, (2 * 24 + 5) / 168, 0.25]], dtype=torch.float32)
    later = torch.tensor([[6 / 24, (2 * 24 + 6) / 168, 0.25 + 1 / WHOLE.cycles[2].steps]], dtype=torch.float32)
    one, two = (calendar_features(WHOLE, each[None], at) for each in (turns, later))
    assert one.shape == (1, 1, 400, feature_count(WHOLE))
    torch.testing.assert_close(one[:, :, 1:], two[:, :, :-1], atol=1e-4, rtol=0)
    weekday = one[0, 0, :, 8:15].argmax(1)
    expected = ((2 * 24 + 5 + torch.arange(400)) // 24) % 7
    assert torch.equal(weekday, expected)
    assert (calendar_features(WHOLE, torch.full_like(turns, torch.nan)[None], at) == 0).all()
