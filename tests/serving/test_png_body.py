"""Pictures as PNG: in and out alike, transparent pixels missing, and files larger than they look."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from quintet.data.schema import Schema
from quintet.serving.answer import Answer
from quintet.serving.bodies.png_body import read
from quintet.serving.bodies.shape import PNG, Shape
from quintet.serving.limits import Limits
from quintet.serving.refusals import Refusal
from quintet.serving.rendering import rendered
from tests.serving.test_json_body import images, table


def pictures(*sides: int, dtype: Any = np.uint8) -> np.ndarray:
    rows = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (40, *sides)).astype(dtype)
    rows.reshape(40, -1)[0, :2] = 0, np.iinfo(dtype).max
    return rows


def png(pixels: np.ndarray, mode: str | None = None) -> bytes:
    sink = io.BytesIO()
    image = Image.fromarray(pixels)
    (image if mode is None else image.convert(mode)).save(sink, "PNG")
    return sink.getvalue()


def refused(content: bytes, shape: Shape) -> Refusal:
    with pytest.raises(Refusal) as found:
        read(content, shape, Limits())
    return found.value


@pytest.mark.parametrize(
    ("sides", "dtype"), [((4, 5), np.uint8), ((4, 5, 3), np.uint8), ((4, 5, 4), np.uint8), ((4, 5), np.uint16)]
)
def test_a_picture_comes_back_pixel_for_pixel(sides: tuple[int, ...], dtype: Any) -> None:
    rows = pictures(*sides, dtype=dtype)
    shape = Shape.of(Schema.infer(rows))
    if shape.pixel_dtype != dtype:
        pytest.skip("pictures of 16 bits are real numbers to this schema")
    content = rendered(Answer(rows=rows[:1]), PNG, shape, {})
    found = read(content, shape, Limits())
    np.testing.assert_array_equal(found.rows, rows[:1])
    assert found.mask is None
    assert found.count == 1


def test_transparent_pixels_are_missing() -> None:
    grey = np.full((4, 5, 2), 255, dtype=np.uint8)
    grey[1, 2] = 7, 0
    found = read(png(grey), images(), Limits())
    assert found.rows[0, 1, 2] == 7
    assert found.mask is not None
    assert np.argwhere(found.mask).tolist() == [[0, 1, 2]]
    colours = np.full((4, 5, 4), 255, dtype=np.uint8)
    colours[3, 0, 3] = 254
    found = read(png(colours), Shape.of(Schema.infer(pictures(4, 5, 3))), Limits())
    assert found.mask is not None
    assert found.mask.shape == (1, 4, 5, 3)
    assert np.argwhere(found.mask).tolist() == [[0, 3, 0, c] for c in range(3)]


def test_other_modes_are_converted() -> None:
    grey = pictures(4, 5)[3]
    assert read(png(np.stack([grey] * 3, -1)), images(), Limits()).rows.shape == (1, 4, 5)
    assert read(png(grey, "P"), images(), Limits()).rows.shape == (1, 4, 5)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def bomb(width: int, height: int, data: bytes = b"", more: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def test_a_picture_of_another_size_is_refused_before_a_pixel_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("pixels were decoded"))
    for width, height in ((5, 5), (60_000, 60_000), (2**31 - 1, 2**31 - 1)):
        assert refused(bomb(width, height), images()).status in (400, 422)


def test_text_that_unpacks_to_gigabytes_is_refused() -> None:
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000)))
    whole = b"".join(b"\0" + bytes(5) for _ in range(4))
    assert refused(bomb(5, 4, whole, more=text * 20), images()).status == 400


def test_more_pixels_than_stated_do_no_harm() -> None:
    found = read(bomb(5, 4, bytes(10_000_000)), images(), Limits())
    assert found.rows.shape == (1, 4, 5)


def test_damaged_files_are_status_400() -> None:
    whole = png(pictures(4, 5)[0])
    for content in (b"", b"GIF89a" + whole, whole[:20], whole[: len(whole) // 2], whole[:-20]):
        assert refused(content, images()).status == 400
    assert refused(bomb(5, 4), images()).status == 400


def test_what_is_no_picture_is_refused() -> None:
    assert refused(png(pictures(4, 5)[0]), table()).status == 415
    assert refused(png(pictures(4, 5, dtype=np.uint16)[0]), images()).status == 422
