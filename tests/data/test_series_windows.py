"""Windows of series: cut, joined, chosen by the period, held out by blocks, and laid on gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.data.sequences.series.blocks import blocks_of, training_windows
from quintet.data.sequences.series.gaps import fills
from quintet.data.sequences.series.period import dominant_period, window_for
from quintet.data.sequences.series.windows import Join, cut, window_starts

SIZES = {"count": st.integers(1, 200), "window": st.integers(1, 40), "hop": st.integers(1, 40)}


@settings(max_examples=80, deadline=None)
@given(**SIZES, begin=st.integers(0, 30))
def test_windows_cover_all_steps_and_reach_no_further(count: int, window: int, hop: int, begin: int) -> None:
    hop = min(hop, window)
    starts = window_starts(count, window, hop, begin)
    covered = {step for start in starts for step in range(start, start + window)}
    assert set(range(begin, begin + count)) <= covered
    if count >= window:
        assert covered == set(range(begin, begin + count))
    assert (np.diff(starts) > 0).all()


@settings(max_examples=80, deadline=None)
@given(**SIZES, channels=st.integers(1, 3), seed=st.integers(0, 99))
def test_joined_windows_are_the_series(count: int, window: int, hop: int, channels: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(count, channels))
    values[rng.random(values.shape) < 0.2] = np.nan
    starts = window_starts(count, window, min(hop, window))
    windows = cut(values, starts, window)
    join = Join(count, channels, window)
    half = len(starts) // 2
    for part in (slice(None, half), slice(half, None)):
        join.add(starts[part], windows[part], ~np.isnan(windows[part]))
    np.testing.assert_allclose(join.mean(), values, atol=1e-12)


def test_a_join_weighs_the_middle_of_a_window_most() -> None:
    join = Join(6, 1, 4)
    join.add(np.array([0, 2]), np.stack([np.zeros((4, 1)), np.ones((4, 1))]))
    np.testing.assert_allclose(join.mean()[:, 0], [0, 0, 1 / 3, 2 / 3, 1, 1])


@pytest.mark.parametrize("period", [7, 24, 48, 144])
@pytest.mark.parametrize("holes", [0.0, 0.3])
def test_the_period_is_found(period: int, holes: float) -> None:
    rng = np.random.default_rng(period)
    steps = np.arange(3000)
    values = np.sin(steps * 2 * np.pi / period) + 0.4 * rng.normal(size=3000) + steps / 500
    values[rng.random(3000) < holes] = np.nan
    found = dominant_period([values[:, None]])
    assert found is not None
    assert abs(found - period) <= period // 100


def test_noise_a_walk_and_a_constant_have_no_period() -> None:
    rng = np.random.default_rng(0)
    for values in (rng.normal(size=4000), np.cumsum(rng.normal(size=4000)), np.ones(4000), np.full(4000, np.nan)):
        assert dominant_period([values[:, None]]) is None


@pytest.mark.parametrize(
    ("period", "lengths", "channels", "window"),
    [
        (24, [10_000], 1, 336),
        (7, [10_000], 1, 128),
        (24, [10_000], 100, 40),
        (48, [10_000], 1, 336),
        (None, [10_000], 1, 128),
        (400, [100_000], 1, 672),
        (24, [200], 1, 24),
        (None, [8], 1, 4),
        (None, [140] * 500, 1, 140),
        (7, [10, 20, 3], 1, 4),
    ],
)
def test_a_window_holds_some_periods_where_the_series_is_long(
    period: int | None, lengths: list[int], channels: int, window: int
) -> None:
    assert window_for(period, lengths, channels) == window


@settings(max_examples=60, deadline=None)
@given(lengths=st.lists(st.integers(1, 900), min_size=1, max_size=5), window=st.integers(2, 64))
def test_no_training_window_crosses_a_block(lengths: list[int], window: int) -> None:
    series = [np.arange(n, dtype=float)[:, None] + 1000 * k for k, n in enumerate(lengths)]
    blocks = blocks_of(lengths, window)
    assert sum(map(len, blocks)) == sum(lengths)
    found = training_windows(series, window, most=200)
    for row, group in zip(found.rows, found.groups, strict=True):
        block = blocks[group]
        cells = row[~np.isnan(row)]
        low, high = block.start + 1000 * block.series, block.stop + 1000 * block.series
        assert ((cells >= low) & (cells < high)).all()
    assert len(found.rows) <= 200 + 2 * len(blocks)


def test_windows_of_gaps_do_not_train() -> None:
    values = np.arange(400, dtype=float)[:, None]
    values[100:300] = np.nan
    found = training_windows([values], 20)
    assert (~np.isnan(found.rows)).mean((1, 2)).min() >= 0.5


@settings(max_examples=100, deadline=None)
@given(
    steps=st.integers(1, 150),
    window=st.integers(2, 40),
    gaps=st.lists(st.tuples(st.integers(0, 149), st.integers(1, 90)), max_size=5),
    part=st.booleans(),
)
def test_every_missing_step_is_filled_once_by_a_window_that_holds_it(
    steps: int, window: int, gaps: list[tuple[int, int]], part: bool
) -> None:
    missing = np.zeros((steps, 2), dtype=bool)
    for low, length in gaps:
        missing[low : low + length] = True
    if part:
        missing[::3, 1] = True
    dark, times = missing.all(1), np.zeros(steps, dtype=int)
    for round_ in fills(missing, window):
        for fill in round_:
            assert fill.start <= fill.low < fill.high <= fill.start + window
            assert fill.high <= steps
            if steps >= window:
                assert 0 <= fill.start <= steps - window
            span = np.arange(fill.low, fill.high)
            times[span[dark[span]] if fill.dark else span[~dark[span] & missing[span].any(1)]] += 1
    assert (times == missing.any(1)).all()


def test_a_long_gap_is_filled_from_its_rim() -> None:
    missing = np.zeros((300, 1), dtype=bool)
    missing[100:200] = True
    rounds = fills(missing, 40)
    assert [(f.start, f.low, f.high) for round_ in rounds for f in round_] == [
        (80, 100, 120),
        (100, 120, 140),
        (120, 140, 160),
        (140, 160, 180),
        (160, 180, 200),
    ]
    first = np.zeros((300, 1), dtype=bool)
    first[:50] = True
    assert [(f.low, f.high) for round_ in fills(first, 40) for f in round_] == [(30, 50), (10, 30), (0, 10)]
