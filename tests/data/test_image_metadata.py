"""Metadata of image files, written again with the pictures."""

import io
from pathlib import Path

import numpy as np
import pytest

from quintet.codec.container.varints import ByteWriter
from quintet.data.readers.image_metadata import EXIF_START, PictureFile, picture_file, upright
from quintet.data.writers.png import write_png
from quintet.errors import InputError, QuintetError
from quintet.estimators._patchwork.file_format import PictureFormat, closed, files_of, head

Image = pytest.importorskip("PIL.Image")
RNG = np.random.default_rng(0)
ICC = bytes(range(200)) * 3
XMP = b"<x:xmpmeta>caf\xc3\xa9</x:xmpmeta>"


def exif(orientation: int | None = None) -> "Image.Exif":
    found = Image.Exif()
    found[0x010F], found[0x9003] = "A camera", "2024:02:13 08:30:00"
    if orientation is not None:
        found[0x0112] = orientation
    return found


def picture(dtype: type, channels: int) -> np.ndarray:
    shape = (6, 5) if channels == 1 else (6, 5, channels)
    return RNG.integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_exif_is_read_byte_for_byte(tmp_path: Path, form: str) -> None:
    content = exif().tobytes()
    Image.fromarray(picture(np.uint8, 3)).save(tmp_path / "a", form, exif=content, icc_profile=ICC)
    found = picture_file(tmp_path / "a", "a").metadata
    assert found["exif"].removeprefix(EXIF_START) == content.removeprefix(EXIF_START)
    assert found["icc_profile"] == ICC


def test_the_exif_of_a_tiff_is_that_of_the_picture_and_not_of_its_pixels(tmp_path: Path) -> None:
    Image.fromarray(picture(np.uint8, 3)).save(tmp_path / "a.tif", exif=exif())
    again = Image.Exif()
    again.load(picture_file(tmp_path / "a.tif", "a").metadata["exif"])
    assert set(again) == {0x010F, 0x9003}
    assert again[0x010F] == "A camera"


@pytest.mark.parametrize("start", [b"", EXIF_START])
def test_only_the_orientation_becomes_upright(start: bytes) -> None:
    turned = start + exif(6).tobytes().removeprefix(EXIF_START)
    found = upright(turned)
    assert sum(a != b for a, b in zip(turned, found, strict=True)) == 1
    again = Image.Exif()
    again.load(found)
    assert (again[0x0112], again[0x010F]) == (1, "A camera")
    assert upright(found) == found


@pytest.mark.parametrize("content", [b"", b"Exif\0\0", b"II*\0", b"MM\0*\xff\xff\xff\xff", b"nonsense" * 9])
def test_damaged_exif_stays_as_it_is(content: bytes) -> None:
    assert upright(content) == content


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_has_the_pixels_and_the_metadata(tmp_path: Path, dtype: type, channels: int) -> None:
    from quintet.data.readers.sources import load_data

    pixels, metadata = picture(dtype, channels), {"exif": exif().tobytes(), "icc_profile": ICC, "xmp": XMP}
    with open(tmp_path / "a.png", "wb") as file:
        write_png(file, pixels, metadata, tmp_path / "a.png")
    np.testing.assert_array_equal(load_data(tmp_path / "a.png").x, [pixels])
    found = picture_file(tmp_path / "a.png", "a").metadata
    assert found["exif"].removeprefix(EXIF_START) == metadata["exif"].removeprefix(EXIF_START)
    assert (found["icc_profile"], found["xmp"]) == (ICC, XMP)


@pytest.mark.parametrize("pixels", [np.zeros((2, 2)), np.zeros((2, 2, 5), np.uint8), np.zeros((2, 2), np.int64)])
def test_other_pixels_are_no_png(pixels: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"a\.png must hold pixels of 8 or 16 bits"):
        write_png(io.BytesIO(), pixels, {}, Path("a.png"))


FORM = {"stacked": False, "dtype": np.dtype("u1"), "channels": (), "sizes": [(6, 5), (7, 5)]}
FILES = (PictureFile("имя/a b.jpg", {"exif": b"x" * 999, "xmp": b""}), PictureFile("b.png"))


def test_a_compressed_file_has_names_and_metadata_where_pictures_are_files() -> None:
    blob = closed(head(PictureFormat(**FORM, files=FILES), 1))
    assert files_of(blob) == FILES
    plain = closed(head(PictureFormat(**FORM), 1))
    assert (files_of(plain), plain[3], blob[3]) == ((), 1, 2)
    for end in range(len(blob)):
        with pytest.raises(QuintetError):
            files_of(blob[:end])


def test_files_that_state_more_metadata_than_any_has_are_refused() -> None:
    bomb = ByteWriter()
    bomb.data += closed(head(PictureFormat(**FORM), 1))[:-8]
    bomb.data[3] = 2
    bomb.varint(1 << 40)
    bomb.blob(b"\1\0")
    with pytest.raises(QuintetError, match="bytes of names and metadata"):
        files_of(closed(bomb))
    with pytest.raises(InputError, match="at most 64 MiB"):
        head(PictureFormat(**FORM, files=(PictureFile("a", {"exif": bytes(1 << 26)}),)), 1)
