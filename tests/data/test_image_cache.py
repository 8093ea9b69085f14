"""Folders of images larger than a part of the memory: decoded once into a file that is mapped."""

import os
from pathlib import Path

import numpy as np
import pytest

from quintet.data.readers import image_cache, image_rows
from quintet.data.readers.sources import load_data
from quintet.errors import FileRefused

Image = pytest.importorskip("PIL.Image")
RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (6, 9, 8, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of images of two classes that is too large for the memory, and an empty cache."""
    monkeypatch.setattr(image_cache, "IN_MEMORY", PIXELS.nbytes - 1)
    monkeypatch.setenv("QUINTET_CACHE", str(tmp_path / "cache"))
    for number, picture in enumerate(PIXELS):
        save(tmp_path / "all" / ("a" if number < 4 else "b") / f"{number}.png", picture)
    return tmp_path / "all"


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def cached(folder: Path) -> list[Path]:
    return sorted((folder.parent / "cache").rglob("*"))


def decoded_files(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    seen = []
    decode = image_rows.decode_pages
    monkeypatch.setattr(image_rows, "decode_pages", lambda path, *rest: seen.append(path) or decode(path, *rest))
    return seen


def test_large_folders_are_mapped_and_small_ones_in_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = load_data(folder)
    assert isinstance(found.x, np.memmap)
    assert not found.x.flags.writeable
    np.testing.assert_array_equal(found.x, PIXELS)
    assert (found.y.tolist(), len(found.files)) == (["a"] * 4 + ["b"] * 2, 6)
    monkeypatch.setattr(image_cache, "IN_MEMORY", PIXELS.nbytes)
    monkeypatch.setenv("QUINTET_CACHE", str(folder.parent / "other"))
    assert type(load_data(folder).x) is np.ndarray


def test_files_are_decoded_once_and_again_after_a_change(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = decoded_files(monkeypatch)
    load_data(folder)
    load_data(folder)
    assert len(seen) == 6
    save(folder / "a" / "0.png", 255 - PIXELS[0])
    os.utime(folder / "a" / "0.png", ns=(1, 1))
    np.testing.assert_array_equal(load_data(folder).x[0], 255 - PIXELS[0])
    assert len(seen) == 12
    (folder / "b" / "5.png").rename(folder / "b" / "6.png")
    assert load_data(folder).files[-1] == "b/6.png"
    assert len([path for path in cached(folder) if path.is_file()]) == 1, "the former content is removed"
    monkeypatch.setattr(image_cache, "IN_MEMORY", 10)
    assert load_data(folder, size=(9, 4)).x.shape == (6, 9, 4, 3)
    assert len([path for path in cached(folder) if path.is_file()]) == 2, "each size has its file"


def test_stacks_are_cached_by_what_their_pages_are(folder: Path) -> None:
    pages = [Image.fromarray(picture[..., 0]) for picture in np.tile(PIXELS, (3, 1, 1, 1))]
    stack = folder.parent / "stacks"
    stack.mkdir()
    pages[0].save(stack / "a.tif", save_all=True, append_images=pages[1:])
    rows, bands = load_data(stack, pages="rows").x, load_data(stack, pages="bands").x
    assert isinstance(rows, np.memmap)
    assert isinstance(bands, np.memmap)
    np.testing.assert_array_equal(rows, np.tile(PIXELS[..., 0], (3, 1, 1)))
    np.testing.assert_array_equal(bands, rows[None])


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", None])
def test_a_damaged_cache_is_written_again(folder: Path, damage: bytes | None) -> None:
    load_data(folder)
    (path,) = (path for path in cached(folder) if path.is_file())
    path.write_bytes(path.read_bytes()[:-7] if damage is None else damage)
    np.testing.assert_array_equal(load_data(folder).x, PIXELS)


def test_a_damaged_image_leaves_no_cached_file(folder: Path) -> None:
    path = folder / "b" / "5.png"
    path.write_bytes(path.read_bytes()[:150])
    with pytest.raises(FileRefused, match=r"5\.png as an image"):
        load_data(folder)
    assert not [path for path in cached(folder) if path.is_file()]


def test_a_cache_that_cannot_be_written_names_the_cure(folder: Path) -> None:
    (folder.parent / "cache").write_text("a file where the folder should be")
    with pytest.raises(FileRefused, match=r"need a cached file of .* GB, .*: set QUINTET_CACHE to another"):
        load_data(folder)
