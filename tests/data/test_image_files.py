"""Folders of images: sizes, channels, classes, order."""

import numpy as np
import pytest

from quintet.data.readers.image_folder import read_image_folder, resize
from quintet.data.readers.sources import load_data
from quintet.errors import FileRefused, InputError

Image = pytest.importorskip("PIL.Image")
GREY = np.random.default_rng(0).integers(0, 256, size=(6, 5), dtype=np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, size=(6, 5, 3), dtype=np.uint8)


def save(path, pixels, **options):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


def test_grey_in_the_order_of_names(tmp_path):
    save(tmp_path / "b.png", GREY)
    save(tmp_path / "a.bmp", 255 - GREY)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".hidden.png").write_text("no image either")
    found = read_image_folder(tmp_path)
    np.testing.assert_array_equal(found.x, [255 - GREY, GREY])
    assert (found.labels, found.names) == (None, ["a.bmp", "b.png"])


def test_subfolders_are_classes(tmp_path):
    save(tmp_path / "7" / "a.png", GREY)
    save(tmp_path / "10" / "a.png", GREY)
    assert load_data(tmp_path).y.tolist() == [7, 10]
    save(tmp_path / "cat" / "a.png", GREY)
    assert load_data(tmp_path, only="cat").y.tolist() == ["cat"]


def test_train_and_test_folders_are_splits(tmp_path):
    save(tmp_path / "train" / "a.png", GREY)
    save(tmp_path / "test" / "a.png", 255 - GREY)
    np.testing.assert_array_equal(load_data(tmp_path).x, [GREY])
    np.testing.assert_array_equal(load_data(tmp_path, split="test").x, [255 - GREY])


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_channels(tmp_path, channels):
    pixels = np.random.default_rng(2).integers(0, 256, size=(6, 5, channels), dtype=np.uint8)
    save(tmp_path / "a.png", pixels)
    np.testing.assert_array_equal(load_data(tmp_path / "a.png").x, [pixels])


def test_mixed_channels_widen(tmp_path):
    save(tmp_path / "a.png", GREY)
    save(tmp_path / "b.png", COLOUR)
    np.testing.assert_array_equal(read_image_folder(tmp_path).x, [np.repeat(GREY[..., None], 3, axis=2), COLOUR])


def test_bits_and_palettes(tmp_path):
    Image.fromarray(GREY > 127).save(tmp_path / "bits.png")
    np.testing.assert_array_equal(load_data(tmp_path / "bits.png").x, [(GREY > 127) * 255])
    Image.fromarray(COLOUR).quantize(8).save(tmp_path / "palette.png")
    assert load_data(tmp_path / "palette.png").x.shape == (1, 6, 5, 3)
    Image.fromarray(GREY.astype(np.float32)).save(tmp_path / "float.tiff")
    with pytest.raises(FileRefused, match="32-bit floats"):
        load_data(tmp_path / "float.tiff")


def test_turned_camera(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    save(tmp_path / "a.png", GREY, exif=exif)
    np.testing.assert_array_equal(load_data(tmp_path).x, [np.rot90(GREY, -1)])


def test_sizes(tmp_path):
    save(tmp_path / "a.png", GREY)
    save(tmp_path / "b.png", GREY[:3])
    with pytest.raises(FileRefused, match=r"got 5×6 pixels in .*a\.png and 5×3 in .*b\.png: .*--size"):
        load_data(tmp_path)
    assert load_data(tmp_path, size=(4, 7)).x.shape == (2, 4, 7)
    assert load_data(tmp_path, size=4).x.shape == (2, 4, 4)
    for size in (0, (-1, 4), 10**6):
        with pytest.raises(InputError, match="size must be an integer from 1 to 65535"):
            load_data(tmp_path, size=size)


def test_resizing_keeps_a_flat_image_flat():
    x = np.full((2, 9, 7, 3), 130, dtype=np.uint8)
    assert (resize(x, (4, 5)) == 130).all()
    with pytest.raises(InputError, match="images of 8 bits or 16 bits"):
        resize(x / 255, 4)


def test_bad_folders(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileRefused, match="must hold images"):
        load_data(tmp_path / "empty")
    save(tmp_path / "mixed" / "a.png", GREY)
    save(tmp_path / "mixed" / "cat.png", GREY)
    (tmp_path / "mixed" / "cat").mkdir()
    save(tmp_path / "mixed" / "cat" / "a.png", GREY)
    with pytest.raises(FileRefused, match="in subfolders"):
        load_data(tmp_path / "mixed")


@pytest.mark.parametrize("keep", [0, 20, 60])
def test_corrupt_image(tmp_path, keep):
    save(tmp_path / "good.png", COLOUR)
    path = tmp_path / "bad.png"
    path.write_bytes((tmp_path / "good.png").read_bytes()[:keep])
    with pytest.raises(FileRefused, match=r"bad\.png (is empty|as an image)"):
        load_data(tmp_path)
