"""What is saved is read back, whole or not at all, and nothing is overwritten unasked."""

import os
import stat

import numpy as np
import pyarrow as pa
import pytest

from quintet.data.readers.image_folder import make_grid, save_grid
from quintet.data.readers.sources import load_data
from quintet.data.readers.tables import read_csv
from quintet.data.writers import atomic_file
from quintet.data.writers.atomic_file import atomic
from quintet.data.writers.frame_files import write_frame
from quintet.data.writers.row_files import save_rows
from quintet.errors import FileRefused, InputError

PIXELS = np.random.default_rng(0).integers(0, 256, size=(5, 4, 3), dtype=np.uint8)


@pytest.mark.parametrize("end", [".npy", ".npz"])
@pytest.mark.parametrize("array", [PIXELS, PIXELS / 255, PIXELS.astype(np.float32)], ids=["u1", "f8", "f4"])
def test_arrays_round_trip(tmp_path, array, end):
    save_rows(tmp_path / f"a{end}", array)
    found = load_data(tmp_path / f"a{end}")
    assert found.x.dtype == array.dtype
    np.testing.assert_array_equal(found.x, array)
    assert found.y is None


def test_labels_go_along(tmp_path):
    save_rows(tmp_path / "a.npz", PIXELS, labels=np.arange(5))
    assert load_data(tmp_path / "a.npz").y.tolist() == [0, 1, 2, 3, 4]
    save_rows(tmp_path / "a.csv", PIXELS.reshape(5, 12), labels=np.array(list("abcab")))
    found = load_data(tmp_path / "a.csv", label="label", only="a-b")
    assert found.y.tolist() == ["a", "b", "a", "b"]
    assert found.x.shape == (4, 12)


def test_gzipped_table_is_the_same_bytes_each_time(tmp_path):
    for name in ("a.csv.gz", "b.csv.gz"):
        save_rows(tmp_path / name, PIXELS)
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()


def test_grid_places_every_image():
    grid = make_grid(np.full((5, 28, 28), 255, dtype=np.uint8) - np.arange(5, dtype=np.uint8)[:, None, None], columns=3)
    assert grid.shape == (57, 86)
    assert [grid[y, x] for y, x in ((0, 0), (0, 29), (0, 58), (29, 0), (29, 29))] == [255, 254, 253, 252, 251]
    assert make_grid(np.zeros((2, 3, 30, 30), dtype=np.uint8)).shape == (30, 61, 3)


def test_grid_scales_levels_and_floats(tmp_path):
    from PIL import Image

    for array, levels in ((np.full((1, 8, 8), 16, dtype=np.uint8), 17), (np.ones((1, 8, 8)), 256)):
        save_grid(tmp_path / "g.png", array, levels=levels, force=True)
        with Image.open(tmp_path / "g.png") as image:
            assert image.getextrema() == (255, 255)
    with pytest.raises(InputError, match=r"an array of shape \(5, 3\)"):
        save_rows(tmp_path / "h.png", np.zeros((5, 3)))
    assert not (tmp_path / "h.png").exists()


def test_existing_files_stay(tmp_path):
    path = tmp_path / "a.npy"
    save_rows(path, PIXELS)
    with pytest.raises(FileRefused, match=r"exists already: .*--force"):
        save_rows(path, PIXELS[:1])
    assert len(np.load(path)) == 5
    save_rows(path, PIXELS[:1], force=True)
    assert len(np.load(path)) == 1


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def interrupted():
        with atomic(path, force=True) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_full_disk(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_file.os, "fsync", full)
    with pytest.raises(FileRefused, match="disk is full"):
        save_rows(tmp_path / "a.npy", PIXELS)
    assert os.listdir(tmp_path) == []


def test_no_permission(tmp_path, monkeypatch):
    def denied(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    with pytest.raises(FileRefused, match="no permission to write"):
        save_rows(tmp_path / "a.npy", PIXELS)


def test_new_files_are_as_readable_as_any_other(tmp_path):
    (tmp_path / "plain").touch()
    save_rows(tmp_path / "a.npy", PIXELS)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "a.npy")]
    assert modes[0] == modes[1]


def test_where_nothing_can_be_written(tmp_path):
    with pytest.raises(FileRefused, match="does not exist: create it first"):
        save_rows(tmp_path / "no" / "a.npy", PIXELS)
    (tmp_path / "d.npy").mkdir()
    with pytest.raises(FileRefused, match="got the folder"):
        save_rows(tmp_path / "d.npy", PIXELS)
    with pytest.raises(InputError, match=r"must end in \.npy.*got a\.xlsx"):
        save_rows(tmp_path / "a.xlsx", PIXELS)
    with pytest.raises(InputError, match="12 columns, got 2"):
        save_rows(tmp_path / "a.csv", PIXELS, ["a", "b"])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("ticks", [[0, 86_400], [3_600, 86_400], [0, 1, None]])
@pytest.mark.parametrize("zone", [None, "UTC"])
def test_times_in_a_text_file_keep_their_time_of_day(tmp_path, unit, ticks, zone):
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    times = pa.array([tick and tick * scale for tick in ticks], pa.timestamp(unit, zone))
    path = tmp_path / "times.csv"
    with path.open("wb") as file:
        write_frame(file, path.name, pa.table({"time": times, "x": range(len(ticks))}))
    back = read_csv(path, as_table=True).x["time"]
    assert back.cast(times.type).to_pylist() == times.to_pylist()


def test_spans_in_a_text_file_are_days_and_hours(tmp_path):
    path = tmp_path / "spans.csv"
    with path.open("wb") as file:
        write_frame(file, path.name, pa.table({"span": pa.array([90, None, -86_400], pa.duration("s"))}))
    assert path.read_text() == 'span\n00:01:30\n""\n-1 days 00:00:00\n'
