"""Series of files that are never whole in memory: the same model and the same alarms, in bounded memory."""

import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from quintet import Series
from quintet.data.large import arrow_chunks
from quintet.data.sequences.series.read import read_series
from quintet.data.sequences.series.stream import is_stream, read_stream
from quintet.errors import InputError, QuintetWarning
from quintet.estimators._series import scoring
from quintet.estimators._series.fitting import plan_of
from tests.shared import hardly_measured

OPTIONS: dict[str, Any] = {
    "latent_dim": 3,
    "network": {"kind": "mlp", "hidden": (32,)},
    "epochs": 5,
    "context": "none",
    "training": {"batch_size": 64},
    "window": 48,
}


def table(steps: int, channels: int = 2) -> pd.DataFrame:
    """A daily rhythm by the hour, with a gap, missing cells and a channel that never changes."""
    rng, at = np.random.default_rng(0), np.arange(steps)
    cells = np.sin(at[:, None] * 2 * np.pi / 24 + np.arange(channels)) + 0.2 * rng.normal(size=(steps, channels))
    cells[rng.random(cells.shape) < 0.01] = np.nan
    frame = pd.DataFrame(cells, columns=[f"x{j}" for j in range(channels)])
    frame.insert(0, "when", pd.date_range("2020-01-01", periods=steps, freq="h"))
    return frame.assign(fuse=1.0).drop(index=range(steps // 2, steps // 2 + 30)).reset_index(drop=True)


def parts(folder: Path, frame: pd.DataFrame, rows: int) -> Path:
    """Files of so many rows each."""
    folder.mkdir()
    for number, start in enumerate(range(0, len(frame), rows)):
        whole = pa.Table.from_pandas(frame[start : start + rows], preserve_index=False)
        parquet.write_table(whole, folder / f"part-{number}.parquet")
    return folder


@pytest.fixture
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of 90 rows, so that steps, gaps and repeated rows lie across their ends."""
    monkeypatch.setattr(arrow_chunks, "MOST_ROWS", 90)
    monkeypatch.setattr(scoring, "PIECE", 200)


def fitted(source: Any) -> Series:
    with warnings.catch_warnings(), hardly_measured():
        warnings.simplefilter("ignore", QuintetWarning)
        return Series(**OPTIONS).fit(source)


@pytest.mark.usefixtures("short_chunks")
def test_the_steps_of_files_are_those_of_a_frame(tmp_path: Path) -> None:
    frame = table(700)
    folder = parts(tmp_path / "x", frame, 250)
    for source in (folder, str(folder / "part-*.parquet")):
        assert is_stream(source)
        found, whole = read_stream(source), read_series(frame)
        assert (found.axis, found.channels, found.dtypes) == (whole.axis, whole.channels, whole.dtypes)
        assert found.series[0].start == whole.series[0].start
        np.testing.assert_array_equal(found.series[0].values, whole.series[0].values)


@pytest.mark.usefixtures("short_chunks")
def test_rows_that_share_a_step_count_once_and_gaps_are_said(tmp_path: Path) -> None:
    frame = table(400)
    twice = pd.concat([frame[:90], frame[89:]], ignore_index=True)
    twice.loc[90, "x0"] = 7.0
    found = read_stream(parts(tmp_path / "x", twice, 100))
    assert len(found.series[0]) == 400
    assert found.series[0].values[89, 0] == 7.0
    said = " ".join(plan_of(found, 48).notes)
    assert "30 of 400 steps have no row" in said
    assert "1 rows share a step with another; the last one counts" in said


@pytest.mark.usefixtures("short_chunks")
def test_a_model_of_files_is_that_of_a_frame_and_finds_the_same(tmp_path: Path) -> None:
    frame = table(1500)
    frame.loc[1000:1004, "x1"] += 5
    folder = parts(tmp_path / "x", frame, 400)
    one, two = fitted(folder), fitted(frame)
    assert one.description_.clean.count == two.description_.clean.count
    found, whole = one.detect(folder), two.detect(frame)
    for name in ("scores", "p_values", "where", "channel_p_values"):
        np.testing.assert_allclose(getattr(found, name), getattr(whole, name), rtol=1e-4, atol=1e-4, err_msg=name)
    assert [(each.start, each.channel) for each in found.alarms] == [(a.start, a.channel) for a in whole.alarms]
    np.testing.assert_array_equal(found.times, whole.times)
    ahead = one.forecast(folder, 5)
    np.testing.assert_allclose(ahead.mean, two.forecast(frame, 5).mean, rtol=1e-4)
    assert ahead.table.column("when").to_pylist() == [pd.Timestamp(each) for each in ahead.times]


def test_pieces_of_a_long_series_are_scored_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = table(1500)
    model = fitted(frame)
    whole = model.detect(frame)
    monkeypatch.setattr(scoring, "PIECE", 100)
    found = model.detect(frame)
    np.testing.assert_allclose(found.scores, whole.scores, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.where, whole.where, rtol=1e-4, atol=1e-4)


def test_two_million_steps_train_in_bounded_memory(tmp_path: Path) -> None:
    """The grid and the training windows; 16 MB are the cells of one channel."""
    steps = 2_000_000
    values = np.sin(np.arange(steps, dtype=np.float32) * (2 * np.pi / 24))
    when = pa.array(np.arange(steps).astype("M8[s]"))
    path = tmp_path / "x"
    path.mkdir()
    for number, part in enumerate(np.array_split(np.arange(steps), 4)):
        chunk = pa.table({"when": when.take(pa.array(part)), "x": values[part]})
        parquet.write_table(chunk, path / f"part-{number}.parquet")
    del when
    tracemalloc.start()
    data = read_stream(path)
    plan = plan_of(data, 32)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert data.steps == steps
    assert 4_000 < len(plan.windows.rows) <= 8_300
    assert peak < 24e6


def test_what_files_larger_than_memory_cannot_have_is_refused(tmp_path: Path) -> None:
    frame = table(300)
    back = parts(tmp_path / "back", frame.iloc[::-1], 100)
    with pytest.raises(InputError, match="must ascend in time"):
        Series(**OPTIONS).fit(back)
    named = pd.concat([frame.assign(plant="a"), frame.assign(plant="b")]).sort_values("when", kind="stable")
    with pytest.raises(InputError, match="must hold one series, got the names of several in 'plant'"):
        Series(**OPTIONS).fit(parts(tmp_path / "named", named, 100))
    folder = parts(tmp_path / "x", frame, 100)
    model = fitted(folder)
    for question in ("impute", "denoise", "compress"):
        with pytest.raises(InputError, match=f"{question} answers in the form of the source, which must fit"):
            getattr(model, question)(folder)
