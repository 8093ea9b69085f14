"""Masks of missing cells: drawn as pictures, and of pixels for all channels."""

from pathlib import Path

import numpy as np
import pytest

from quintet.data.observed_cells import observed_cells, of_pixels
from quintet.data.readers.masks import read_mask
from quintet.data.row_shape import as_rows
from quintet.data.schema import Schema
from quintet.errors import QuintetError

Image = pytest.importorskip("PIL.Image")
RNG = np.random.default_rng(0)
ALPHA = RNG.choice(np.array([0, 100, 254, 255, 255, 255], np.uint8), (6, 5))


def saved(path: Path, pixels: np.ndarray, mode: str | None = None, **options: object) -> Path:
    image = Image.fromarray(pixels)
    (image if mode is None else image.convert(mode)).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_that_are_not_fully_opaque_are_missing_whatever_their_colour(
    tmp_path: Path, suffix: str, channels: int
) -> None:
    colours = RNG.integers(0, 256, (6, 5, channels), dtype=np.uint8)
    options = {"lossless": True, "exact": True} if suffix == "webp" else {}
    path = saved(tmp_path / f"a.{suffix}", np.dstack([colours, ALPHA]), **options)
    np.testing.assert_array_equal(read_mask(path), ALPHA < 255)


def test_a_palette_with_a_transparent_colour_and_an_array_are_masks_too(tmp_path: Path) -> None:
    drawn = np.where(ALPHA < 255, 255, 0).astype(np.uint8)
    path = saved(tmp_path / "a.png", drawn, "P", transparency=255)
    np.testing.assert_array_equal(read_mask(path), ALPHA < 255)
    np.save(tmp_path / "a.npy", ALPHA < 255)
    np.testing.assert_array_equal(read_mask(tmp_path / "a.npy"), ALPHA < 255)


def test_the_masks_of_a_folder_stand_in_the_order_of_the_names(tmp_path: Path) -> None:
    for number in range(3):
        saved(tmp_path / f"img{number}.png", np.dstack([ALPHA, np.full((6, 5), 255 if number else 0, np.uint8)]))
    found = read_mask(tmp_path, ["img1.jpg", "img0.tiff", "img2.png"])
    assert [mask.all() for mask in found] == [False, True, False]
    assert len(read_mask(tmp_path)) == 3
    with pytest.raises(QuintetError, match=r"got none for b\.jpg: add b\.png"):
        read_mask(tmp_path, ["img1.jpg", "b.jpg"])


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.csv", "none.png"])
def test_a_picture_without_transparency_is_no_mask(tmp_path: Path, name: str) -> None:
    saved(tmp_path / name, ALPHA, format="png") if name == "a.csv" else None
    if name in ("a.png", "a.jpg"):
        saved(tmp_path / name, ALPHA)
    with pytest.raises(QuintetError, match=r"A mask must be|There is no file") as caught:
        read_mask(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shape", [(3, 6, 5, 2), (4, 6, 5, 4), (3, 7, 6, 5), (6, 6, 5, 3), (4, 5, 6, 7)])
def test_a_mask_of_pixels_is_that_of_all_channels(shape: tuple[int, ...]) -> None:
    """Also where the number of rows is that of the channels, and where the mask has as many cells as a row."""
    axis = 3 if shape[3] <= 4 else 1
    size = tuple(np.delete(shape[1:], axis - 1))
    each = RNG.random((shape[0], *size)) < 0.3
    for mask in (each, each[0]):
        expected = np.broadcast_to(np.expand_dims(mask, axis if mask.ndim == 3 else axis - 1), shape)
        rows = np.zeros(shape, dtype=np.uint8)
        np.testing.assert_array_equal(~observed_cells(rows, mask), expected)
        _, present = as_rows(rows, Schema.infer(rows + np.arange(2, dtype=np.uint8)[:, None, None, None][:1]), mask)
        np.testing.assert_array_equal(~present, expected)


def test_masks_of_cells_stay_as_they_are() -> None:
    shape = (3, 6, 5, 2)
    for mask in (np.zeros(shape, bool), np.zeros(shape[1:], bool), np.zeros((6, 4), bool), np.zeros(3, bool)):
        assert of_pixels(mask, shape) is mask
    assert of_pixels(mask := np.zeros((6, 5), bool), (3, 30)) is mask
