"""The figures of the benchmarks of series, in cases with a known answer, and what is done to the series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

Script = Callable[[str], Any]
RNG = np.random.default_rng(0)


def slow_volume(scores: Any, labels: Any, longest: int) -> float:
    """VUS-PR step by step and threshold by threshold, from its definition."""
    runs, steps, areas = [], np.arange(len(scores)), []
    for step in np.flatnonzero(labels):
        if runs and runs[-1][-1] == step - 1:
            runs[-1].append(step)
        else:
            runs.append([step])
    for buffer in range(longest + 1):
        half, weights = buffer // 2, labels.astype(float)
        for run in runs:
            for step in steps:
                before, after = run[0] - step, step - run[-1]
                if 0 < before <= half:
                    weights[step] += (1 - before / buffer) ** 0.5
                if 0 < after <= half:
                    weights[step] += (1 - after / buffer) ** 0.5
        weights = np.minimum(weights, 1)
        area = last = 0.0
        for place in np.linspace(0, len(scores) - 1, 250).astype(int):
            alarms = scores >= np.sort(scores)[::-1][place]
            hit = (weights * alarms).sum()
            positives = (2 * labels.sum() + (weights * alarms)[~labels].sum()) / 2
            seen = [alarms[max(run[0] - half, 0) : run[-1] + half + 1].any() for run in runs]
            recall = min(hit / positives, 1) * np.mean(seen)
            area += (recall - last) * hit / alarms.sum()
            last = recall
        areas.append(area)
    return float(np.mean(areas))


@pytest.mark.parametrize("longest", [0, 1, 9])
def test_the_volume_is_that_of_its_definition(script: Script, longest: int) -> None:
    labels = np.zeros(300, bool)
    labels[:7] = labels[100:130] = labels[200:204] = labels[295:] = True
    scores = np.round(RNG.normal(size=300) + labels, 1)  # with ties
    found = script("series_alarm_metrics").vus_pr(scores, labels, longest)
    assert found == pytest.approx(slow_volume(scores, labels, longest))


def test_the_volume_is_1_of_the_labels_and_their_share_of_a_constant(script: Script) -> None:
    volume, labels = script("series_alarm_metrics").vus_pr, np.arange(250) // 10 == 3
    assert volume(labels + 1e-3 * RNG.random(250), labels, 0) == pytest.approx(1)
    assert volume(np.zeros(250), labels, 0) == pytest.approx(0.04)


def test_windows_whose_buffers_touch_are_found_together(script: Script) -> None:
    joined = script("series_alarm_metrics")._joined
    assert joined([(50, 52), (55, 57), (90, 91)], 4) == [(46, 61), (86, 95)]
    assert joined([(50, 52), (55, 57)], 1) == [(49, 53), (54, 58)]


def test_nab_gives_100_for_the_first_step_of_each_window_and_0_for_silence(script: Script) -> None:
    metrics, windows, alarms = script("series_alarm_metrics"), [(100, 119), (300, 339)], np.zeros(500, bool)
    assert metrics.nab_score(metrics.nab_raw(alarms, windows, 50), 2) == 0
    alarms[[100, 300]] = True
    assert metrics.nab_score(metrics.nab_raw(alarms, windows, 50), 2) == pytest.approx(100)
    alarms[[110, 315]] = True  # later ones in a window count nothing
    assert metrics.nab_score(metrics.nab_raw(alarms, windows, 50), 2) == pytest.approx(100)


def test_nab_takes_off_011_for_a_far_false_alarm_and_less_right_behind_a_window(script: Script) -> None:
    metrics, windows = script("series_alarm_metrics"), [(100, 119)]

    def raw(step: int) -> float:
        return float(metrics.nab_raw(np.arange(500) == step, windows, 50)) + 1  # the window is missed

    assert raw(10) == 0  # before the scoring begins
    assert raw(60) == raw(400) == pytest.approx(-0.11)
    assert -0.11 < raw(130) < raw(120) < 0
    worth = metrics.nab_weights(500, windows)
    assert (np.diff(worth[100:120]) < 0).all()
    assert worth[119] > 0


def test_the_curve_of_nab_begins_with_silence(script: Script) -> None:
    metrics = script("series_alarm_metrics")
    curve = metrics.nab_curve(RNG.random(500), [(100, 119), (300, 339)], 50)
    assert curve[0] == -2
    assert len(curve) == 1 + len(metrics.SHARES)


def test_the_period_is_the_highest_top_of_the_autocorrelation(script: Script) -> None:
    period, steps = script("series_data").period, np.arange(3000)
    assert period(np.sin(2 * np.pi * steps / 48) + 0.1 * RNG.normal(size=3000)) == 48
    assert period(steps.astype(float)) == 125


def test_scores_of_windows_lie_in_their_middles(script: Script) -> None:
    found = script("series_detectors").padded(np.array([1.0, 2.0, 3.0]), 7)
    np.testing.assert_array_equal(found, [1, 1, 1, 2, 3, 3, 3])


@pytest.mark.parametrize("name", ["sub_pca", "pca_residual", "isolation_forest", "lof", "spectral_residual"])
def test_a_detector_scores_a_spike_highest(script: Script, name: str) -> None:
    steps = np.arange(600)
    values = np.sin(2 * np.pi * steps / 24) + 0.05 * RNG.normal(size=600)
    values[400:404] += 6
    scores = script("series_detectors").DETECTORS[name](values, values, 24, 0)
    assert scores.shape == (600,)
    assert 388 <= int(scores.argmax()) <= 416


def test_gaps_have_5_to_50_steps_and_one_channel_is_lost_at_a_time(script: Script) -> None:
    found = script("series_impute").patterns((3000, 7), 0)
    assert found["points30"].mean() == pytest.approx(0.3, abs=0.01)
    segments = script("series_alarm_metrics").segments
    lengths = [last - first + 1 for column in found["gaps"].T for first, last in segments(column)]
    assert min(lengths) >= 5
    assert max(lengths) <= 50
    assert 0.15 < found["gaps"].mean() < 0.25
    assert found["channel"].sum(1).max() == 1
    assert found["channel"].any(0).all()
    assert "channel" not in script("series_impute").patterns((300, 1), 0)


@pytest.mark.parametrize("name", ["linear", "spline", "pchip", "last", "daily_linear", "knn", "ridge_chain"])
def test_a_filler_fills_all_and_leaves_what_is_known(script: Script, name: str) -> None:
    values = np.sin(2 * np.pi * np.arange(900)[:, None] / 24 + np.arange(3)) + 0.01 * RNG.normal(size=(900, 3))
    train, holed = values[:700], values[700:].copy()
    holed[RNG.random(holed.shape) < 0.2] = np.nan
    found = script("series_fillers").FILLERS[name](train, holed, 24)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[np.isfinite(holed)], holed[np.isfinite(holed)], rtol=0, atol=1e-12)
    allowed = 0.5 if name == "last" else 0.1
    assert np.abs(found - values[700:]).mean() < allowed


def test_the_mean_day_is_added_to_the_line_between_neighbours(script: Script) -> None:
    steps = np.arange(960)
    values = (np.cos(2 * np.pi * steps / 24) + 0.01 * steps)[:, None]
    holed = values[480:].copy()
    holed[100:150] = np.nan
    found = script("series_fillers").FILLERS["daily_linear"](values[:480], holed, 24)
    np.testing.assert_allclose(found, values[480:], atol=0.01 * 24)
    linear = script("series_fillers").FILLERS["linear"](values[:480], holed, 24)
    assert np.abs(linear - values[480:]).max() > 0.5


def one_series(script: Script, level: float, hours: int = 480, horizon: int = 24) -> Any:
    frame = pd.DataFrame({"x": np.full(hours, level)}, index=pd.date_range("2020-01-01", periods=hours, freq="h"))
    frame["x"] += np.arange(hours) // 24
    return script("series_origins").one(frame, horizon, 30)


def test_losses_of_forecasts_in_closed_cases(script: Script) -> None:
    forecast, case = script("series_origins"), one_series(script, 0.0)
    true = np.stack([case.values[origin : origin + 24] for origin in case.origins])
    perfect = forecast.losses(case, np.repeat(true[None], 9, 0), 24)["x"]
    assert perfect == {"wql": 0, "mase": 0, "covered": 1}
    off = forecast.losses(case, np.repeat(true[None] + 1, 9, 0), 24)["x"]  # the day before is off by 1, too
    assert off["mase"] == pytest.approx(1)
    assert off["covered"] == 0
    assert off["wql"] == pytest.approx(true.size / np.abs(true).sum())


def test_hours_that_were_not_measured_are_not_asked(script: Script) -> None:
    forecast, case = script("series_origins"), one_series(script, 1.0)
    true = np.stack([case.values[origin : origin + 24] for origin in case.origins])
    wrong = np.repeat(true[None], 9, 0)
    wrong[:, 0, 5] += 100
    asked = case.asked.copy()
    asked[case.origins[0] + 5] = False
    assert forecast.losses(case, wrong, 24)["x"]["wql"] > 0
    assert forecast.losses(case._replace(asked=asked), wrong, 24)["x"]["wql"] == 0


def test_skill_is_1_less_the_mean_ratio_to_the_naive_loss(script: Script) -> None:
    both = {"covered": 0.8, "mase": 1.0}
    rows = {
        name: {f"{series}.{key}": value for series in "ab" for key, value in {**both, "wql": wql[series]}.items()}
        | {"fit_seconds": 0.0, "forecasts_per_s": 1.0}
        for name, wql in {"seasonal_naive": {"a": 1.0, "b": 2.0}, "ours": {"a": 0.5, "b": 0.25}}.items()
    }
    found = script("series_forecast").summed(rows)
    assert found["seasonal_naive"]["skill"] == 0
    assert found["ours"]["skill"] == pytest.approx(0.75)
    assert found["ours"]["wql"] == pytest.approx(0.375)


def test_origins_leave_room_for_the_longest_horizon_that_fits(script: Script) -> None:
    long, short = one_series(script, 0.0, 720), one_series(script, 0.0, 440)
    assert (long.cut, long.origins, long.room) == (576, [576, 606], 96)
    assert (short.cut, short.origins, short.room) == (352, [352, 382, 412], 24)
    assert one_series(script, 0.0, 440, 96) is None
    early = long.history(500)
    assert early.shape == (672, 1)
    assert np.isnan(early[:172]).all()
    np.testing.assert_array_equal(early[172:], long.values[:500])


def test_an_opponent_gets_the_past_alone_and_every_series_to_train_on(script: Script) -> None:
    origins, short, long = script("series_origins"), one_series(script, 0.0, 440), one_series(script, 9.0, 720)
    long = long._replace(names=["y"])
    found = origins.arrays_of([short], [long, short])
    assert found["histories"].shape == (3, 672)
    np.testing.assert_array_equal(found["histories"][1][-382:], short.values[:382, 0])
    np.testing.assert_array_equal(found["series"], [1, 1, 1])
    np.testing.assert_array_equal(found["hours"], 48 + np.array(short.origins))  # from a Wednesday on
    np.testing.assert_array_equal(found["training"][0], long.values[:576, 0])
    np.testing.assert_array_equal(found["training"][1][:352], short.values[:352, 0])
    assert np.isnan(found["training"][1][352:]).all()


def test_gorilla_needs_a_bit_for_what_repeats(script: Script) -> None:
    columns = script("series_columns")
    text = "time,x\n" + "".join(f"2020-01-01 00:{minute:02d}:00,1.5\n" for minute in range(50))
    found = columns.gorilla_bytes(columns.Columns(text.encode()))
    assert found == -(-(64 + 14 + 48 + 64 + 49) // 8)


def test_gorilla_keeps_the_window_of_changed_bits_while_it_holds_them(script: Script) -> None:
    words = np.bitwise_xor.accumulate(np.array([0, 0b110, 0b100, 0b10, 0b1], np.uint64))
    new, kept = 2 + 5 + 6, 2  # a window of bits: 64 less 31 leading ones, the most, less those behind
    sizes = [64, new + 64 - 31 - 1, kept + 64 - 31 - 1, kept + 64 - 31 - 1, new + 64 - 31]
    assert script("series_columns")._values(words.view(np.float64)) == sum(sizes)


def test_columns_are_taken_in_every_exact_type(script: Script) -> None:
    alternatives = script("series_columns").alternatives
    short = np.array([5.827, 1.5]).astype(np.float32).astype(float)
    found = alternatives(short)
    assert set(found) == {"float64", "float32", "scaled"}
    np.testing.assert_array_equal(found["scaled"], [5827, 1500])
    np.testing.assert_array_equal(alternatives(np.array([0.1, 2.25]))["scaled"], [10, 225])
    assert set(alternatives(np.array([1 / 3, 2 / 3]))) == {"float64"}


def test_the_smallest_type_of_each_column_counts(script: Script) -> None:
    columns = script("series_columns").Columns(b"x,y\n0.5,1\n1.25,2\n")
    names = list(columns.candidates())
    assert names == ["000_float32", "000_float64", "000_scaled", "001_int64"]
    assert columns.best(np.array([8, 9, 5, 7])) == 12


def windows(count: int, shift: float = 0.0) -> Any:
    phase = RNG.random((count, 1, 1)) * 6.3
    return 0.5 + 0.3 * np.sin(np.arange(24)[None, :, None] / 3 + phase) + 0.02 * RNG.normal(size=(count, 24, 1)) + shift


def test_a_discriminative_score_is_small_for_the_same_kind_and_a_half_for_another(script: Script) -> None:
    realism = script("series_realism")
    real, same, other = windows(250), windows(250), windows(250, 0.4)
    assert realism.discriminative(real, same, 0, 30) < 0.2
    assert realism.discriminative(real, other, 0, 60) > 0.4


def test_a_careful_classifier_tells_windows_that_are_rougher(script: Script) -> None:
    realism, real, rough = script("series_realism"), windows(300), windows(300)
    rough = rough + 0.08 * RNG.normal(size=rough.shape)
    assert realism.discriminative(real, rough, 0, 60, realism.Careful) > 0.35
    assert realism.discriminative(real, windows(300), 0, 60, realism.Careful) < 0.2


def test_a_predictor_learns_more_from_the_same_kind_than_from_noise(script: Script) -> None:
    realism, asked = script("series_realism"), windows(100)
    same = realism.next_step_error(windows(300), asked, 0, 60)
    noise = realism.next_step_error(RNG.random((300, 24, 1)), asked, 0, 60)
    assert same < 0.8 * noise


def test_context_distance_is_0_of_the_same_windows_and_grows_with_the_shift(script: Script) -> None:
    train = windows(300)
    context = script("series_realism").Context(train, 0, 30)
    assert context.distance(train, train) == pytest.approx(0, abs=1e-3)
    assert context.distance(windows(300, 0.3), train) > 10 * context.distance(windows(300), train)


def test_copies_are_all_nearer_to_what_was_copied(script: Script) -> None:
    copies, train, asked = script("series_realism").copies, windows(100), windows(100)
    assert copies(train, train, asked, 0) == 1
    assert copies(asked, train, asked, 0) == 0


def test_samplers_give_windows_of_the_training_kind(script: Script) -> None:
    samplers, train = script("series_samplers").SAMPLERS, windows(500)
    made = samplers["gaussian"](train, 4000, 0, 1.0)
    np.testing.assert_allclose(np.cov(made[..., 0].T), np.cov(train[..., 0].T), atol=0.01)
    blocks = samplers["block_bootstrap"](train, 50, 0, 1.0)
    for part in (slice(0, 8), slice(8, 16), slice(16, 24)):
        assert (blocks[:, None, part] == train[None, :, part]).all((2, 3)).any(1).all()
    assert samplers["time_vae"](train[:64], 10, 0, 0.02).shape == (10, 24, 1)


def test_heartbeats_are_written_so_that_they_read_back(script: Script) -> None:
    try:
        text = script("series_files").beats_text()
    except SystemExit:
        pytest.skip("no folder of real data")
    rows = np.array([line.split(b",") for line in text.splitlines()[1:]], dtype=np.float32)
    np.testing.assert_array_equal(rows, script("series_data").heartbeats()[0].astype(np.float32))


def test_windows_of_nab_lie_behind_the_rows_that_are_not_scored(script: Script) -> None:
    try:
        metrics = script("series_data").nab()
    except SystemExit:
        pytest.skip("no folder of real data")
    assert len(metrics) == 6
    assert sum(len(metric.windows) for metric in metrics.values()) == 16
    for metric in metrics.values():
        assert all(first > metric.probation for first, _ in metric.windows)
        assert 0.05 < metric.labels.mean() < 0.12
