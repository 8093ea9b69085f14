"""Image files as people have them: each is read rightly, or refused in one sentence that names the file."""

import io
import struct
import zlib

import numpy as np
import pytest

from quintet.data.readers.image_folder import image_paths
from quintet.data.readers.sources import load_data
from quintet.errors import QuintetError

Image = pytest.importorskip("PIL.Image")
RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (6, 5), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (6, 5, 3), dtype=np.uint8)
ALPHA = RNG.integers(0, 256, (6, 5, 4), dtype=np.uint8)
DEEP = (np.arange(30, dtype=np.uint16).reshape(6, 5) * 2111) + 3


def png(pixels: np.ndarray, colour_type: int, size: tuple[int, int] | None = None) -> bytes:
    """A PNG of 16 bits a channel, which Pillow does not write in colour; ``size`` is a (width, height) to lie about."""
    lines = pixels.astype(">u2").reshape(len(pixels), -1)
    width, height = size or (pixels.shape[1], len(pixels))

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + line.tobytes() for line in lines))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def tiff(pixels: np.ndarray, order: str = "<", packed: bool = False, planar: bool = False) -> bytes:
    """A TIFF of 16 bits a channel, which Pillow does not write in colour; ``order`` is that of its bytes."""
    height, width, channels = pixels.shape
    cells = np.moveaxis(pixels, -1, 0) if planar else pixels
    body = cells.astype(f"{order}u2").tobytes()
    body = zlib.compress(body) if packed else body
    strips = channels if planar else 1
    each, begin = len(body) // strips, 8 + 2 + 12 * 11 + 4
    bits, starts, sizes = begin, begin + 2 * channels, begin + 2 * channels + 4 * strips
    place = begin + 2 * channels + 8 * strips
    table = struct.pack(f"{order}{channels}H", *[16] * channels)
    table += struct.pack(f"{order}{strips}I", *(place + each * i for i in range(strips)))
    table += struct.pack(f"{order}{strips}I", *[each] * strips)
    tags = [(256, 1, width), (257, 1, height), (258, channels, bits), (259, 1, 8 if packed else 1), (262, 1, 2)]
    tags += [(273, strips, starts if planar else place), (277, 1, channels), (278, 1, height)]
    tags += [(279, strips, sizes if planar else each), (284, 1, 2 if planar else 1)]
    tags.append((338, 1, 2 if channels == 4 else 0))
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    head += struct.pack(f"{order}H", len(tags) - (channels == 3))
    for number, count, value in tags[: len(tags) - (channels == 3)]:
        short = count == 1 and number not in (273, 279)
        head += struct.pack(f"{order}HHI", number, 3 if short or number == 258 else 4, count)
        head += struct.pack(f"{order}HH", value, 0) if short else struct.pack(f"{order}I", value)
    return head.ljust(begin, b"\0") + table + body


def saved(image, form: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def of(pixels: np.ndarray, form: str = "PNG", **options) -> bytes:
    return saved(Image.fromarray(pixels), form, **options)


def several(form: str, mode: str = "L") -> bytes:
    frames = [Image.fromarray(GREY).convert(mode), Image.fromarray(255 - GREY).convert(mode)]
    return saved(frames[0], form, save_all=True, append_images=frames[1:])


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return of(GREY, exif=exif)


def palette(transparent: bool) -> bytes:
    image = Image.fromarray(COLOUR // 128 * 255).quantize(8)
    return saved(image, "PNG", transparency=0) if transparent else saved(image, "PNG")


def pages(*pixels: np.ndarray) -> bytes:
    images = [Image.fromarray(each) for each in pixels]
    return saved(images[0], "TIFF", save_all=True, append_images=images[1:])


DEEP_COLOUR = RNG.integers(0, 65536, (6, 5, 4), dtype=np.uint16)
FLAT = np.full((6, 5), 130, dtype=np.uint8)
READ = {  # name -> (the file's bytes, the pixels)
    "grey.png": (of(GREY), GREY),
    "bits.png": (of(GREY > 127), (GREY > 127) * 255),
    "grey_alpha.png": (of(ALPHA[..., :2]), ALPHA[..., :2]),
    "colour.png": (of(COLOUR), COLOUR),
    "colour_alpha.png": (of(ALPHA), ALPHA),
    "palette.png": (palette(False), COLOUR // 128 * 255),
    "palette_clear.png": (palette(True), (6, 5, 4)),
    "deep.png": (of(DEEP), DEEP),
    "deep.tiff": (of(DEEP, "TIFF"), DEEP),
    "deep_big_endian.tiff": (of(DEEP.astype(">u2"), "TIFF"), DEEP),
    "deep_packed.tiff": (of(DEEP, "TIFF", compression="tiff_deflate"), DEEP),
    "wide_that_fits.tiff": (of(DEEP.astype(np.int32), "TIFF"), DEEP),
    "deep_colour.png": (png(DEEP_COLOUR[..., :3], 2), DEEP_COLOUR[..., :3]),
    "deep_grey_alpha.png": (png(DEEP_COLOUR[..., :2], 4), DEEP_COLOUR[..., :2]),
    "deep_alpha.png": (png(DEEP_COLOUR, 6), DEEP_COLOUR),
    "deep_colour.tiff": (tiff(DEEP_COLOUR[..., :3]), DEEP_COLOUR[..., :3]),
    "deep_colour_big_endian.tiff": (tiff(DEEP_COLOUR[..., :3], ">"), DEEP_COLOUR[..., :3]),
    "deep_colour_packed.tiff": (tiff(DEEP_COLOUR[..., :3], "<", True), DEEP_COLOUR[..., :3]),
    "deep_alpha_packed.tiff": (tiff(DEEP_COLOUR, ">", True), DEEP_COLOUR),
    "deep.pgm": (b"P5\n5 6\n65535\n" + DEEP.astype(">u2").tobytes(), DEEP),
    "few_levels.pgm": (b"P5\n2 1\n15\n\0\x0f", np.array([[0, 255]])),
    "text.ppm": (b"P3\n# a comment\n1 1\n255\n1 2 3\n", np.array([[[1, 2, 3]]])),
    "bitmap.pbm": (b"P4\n8 1\n\xf0", np.array([[0] * 4 + [255] * 4])),
    "colour.ppm": (of(COLOUR, "PPM"), COLOUR),
    "grey.bmp": (of(GREY, "BMP"), GREY),
    "colour.bmp": (of(COLOUR, "BMP"), COLOUR),
    "colour.webp": (of(COLOUR, "WEBP", lossless=True), COLOUR),
    "still.gif": (of(GREY, "GIF"), np.repeat(GREY[..., None], 3, 2)),  # a palette
    "colour.tiff": (of(COLOUR, "TIFF"), COLOUR),
    "grey.tga": (of(GREY, "TGA"), GREY),
    "colour.jpg": (of(np.full((6, 5, 3), 130, np.uint8), "JPEG"), np.full((6, 5, 3), 130)),
    "progressive.jpg": (of(FLAT, "JPEG", progressive=True), FLAT),
    "cmyk.jpg": (saved(Image.new("CMYK", (5, 6)), "JPEG"), np.full((6, 5, 3), 255)),
    "turned.png": (turned(), np.rot90(GREY, -1)),
    "two_previews.jpg": (several("MPO"), (6, 5)),
    "UPPER.PNG": (of(GREY), GREY),
    "really_a_png.jpg": (of(GREY), GREY),
    "имя с пробелом 图.png": (of(GREY), GREY),
    "one_pixel.png": (of(GREY[:1, :1]), GREY[:1, :1]),
}
BAD = {  # name -> (the file's bytes, what the sentence says)
    "float.tiff": (of(GREY.astype(np.float32), "TIFF"), "32-bit floats"),
    "wide.tiff": (of(np.full((6, 5), 70_000, np.int32), "TIFF"), "got 70000 to 70000"),
    "negative.tiff": (of(np.full((6, 5), -1, np.int32), "TIFF"), "got -1 to -1"),
    "deep_planes.tiff": (tiff(DEEP_COLOUR[..., :3], planar=True), "8 bits per channel, got 16"),
    "deep_colour.ppm": (b"P6\n1 1\n65535\n\0\1\1\xff\xff\xff", "8 bits per channel, got 16"),
    "animated.gif": (several("GIF", "P"), "2 frames or pages"),
    "animated.png": (several("PNG"), "2 frames or pages"),
    "animated.webp": (several("WEBP", "RGB"), "2 frames or pages"),
    "pages.tiff": (several("TIFF"), "2 frames or pages"),
    "empty.png": (b"", "is empty"),
    "cut.png": (of(COLOUR)[:60], "as an image"),
    "cut.jpg": (of(np.tile(COLOUR, (20, 20, 1)), "JPEG")[:900], "as an image"),
    "text.png": (b"no image at all", "unknown image format"),
    "bomb.png": (png(DEEP, 0, size=(60_000, 60_000)), "exceeds limit"),
    "photo.pdf": (b"%PDF-1.4", "must be one of"),
    "notes.txt": (b"text", "must be one of"),
    "noname": (b"text", "must be one of"),
    "zero.bmp": (b"BM" + bytes(60), "as an image"),
}


@pytest.mark.parametrize("name", READ)
def test_is_read_rightly(tmp_path, name):
    content, pixels = READ[name]
    (tmp_path / name).write_bytes(content)
    for source in (tmp_path / name, tmp_path):
        found = load_data(source)
        assert found.files == [name]
        if isinstance(pixels, tuple):
            assert found.x.shape == (1, *pixels)
        else:
            assert found.x.dtype == (np.uint16 if pixels.dtype == np.uint16 else np.uint8)
            np.testing.assert_array_equal(found.x, [pixels])


@pytest.mark.parametrize("name", BAD)
def test_is_refused_in_one_sentence(tmp_path, name):
    content, says = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(QuintetError, match=says) as caught:
        load_data(path)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


def fill(folder, **files: bytes) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_names_are_kept_in_natural_order(tmp_path):
    for name in ("img10", "img2", "img1", "a", "img02", "IMG3"):
        fill(tmp_path, **{f"{name}_png": of(GREY)})
    assert load_data(tmp_path).files == [f"{n}.png" for n in ("IMG3", "a", "img1", "img02", "img2", "img10")]


def test_names_follow_the_classes_and_the_choice_of_rows(tmp_path):
    fill(tmp_path, c10__x2_png=of(GREY), c10__x10_png=of(GREY), c9__y_png=of(GREY), c9__deep__z_png=of(GREY))
    found = load_data(tmp_path)
    assert found.files == ["c9/deep/z.png", "c9/y.png", "c10/x2.png", "c10/x10.png"]
    assert found.y.tolist() == ["c9", "c9", "c10", "c10"]
    assert load_data(tmp_path, only="c10").files == found.files[2:]
    assert found.take(slice(1)).files == found.files[:1]


def test_what_is_no_image_or_hidden_is_left_out(tmp_path):
    fill(tmp_path, a_png=of(GREY), _DS__Store=b"x", Thumbs_db=b"x", notes_txt=b"x")
    (tmp_path / "._a.png").write_bytes(b"a Mac's shadow of a file")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "b.png").write_bytes(of(GREY))
    assert [path.name for path in image_paths(tmp_path)[0]] == ["a.png"]
    fill(tmp_path / "two", cat__a_png=of(GREY))
    (tmp_path / "two" / "cat" / ".thumbs").mkdir()
    (tmp_path / "two" / "cat" / ".thumbs" / "a.png").write_bytes(of(GREY))
    assert len(image_paths(tmp_path / "two")[0]) == 1


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"a_png": of(GREY), "b_png": of(GREY[:3])}, r"got 5×6 pixels in .*5×3"),
        ({"a_png": of(GREY), "b_png": of(DEEP)}, r"16 bits per channel in .*b\.png and 8 .*a\.png"),
        ({"a_png": of(GREY), "c__b_png": of(GREY)}, "in subfolders"),
        ({"a_txt": b"x"}, "must hold images"),
        ({"a_png": of(GREY), "b_gif": several("GIF", "P")}, r"b\.gif must hold one picture, got 2 frames"),
        ({"a_png": of(GREY), "b_png": of(GREY)[:50]}, r"Cannot read .*b\.png"),
    ],
)
def test_folders_that_are_refused(tmp_path, files, says):
    fill(tmp_path, **files)
    with pytest.raises(QuintetError, match=says):
        load_data(tmp_path)


def test_deep_images_share_the_widest_channels(tmp_path):
    fill(tmp_path, a_png=of(DEEP), b_png=png(DEEP_COLOUR[..., :2], 4), c_png=png(DEEP_COLOUR[..., :3], 2))
    found, opaque = load_data(tmp_path).x, np.full((6, 5), 65535)
    np.testing.assert_array_equal(found[0], np.stack([DEEP, DEEP, DEEP, opaque], axis=-1))
    np.testing.assert_array_equal(found[1], DEEP_COLOUR[..., [0, 0, 0, 1]])
    np.testing.assert_array_equal(found[2], np.dstack([DEEP_COLOUR[..., :3], opaque]))


def test_resizing_keeps_16_bits(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(of(DEEP))
    small = load_data(path, size=3).x
    assert (small.dtype, small.shape) == (np.uint16, (1, 3, 3))
    assert DEEP.min() <= small.min() < small.max() <= DEEP.max()
    again = load_data(path, size=(6, 5)).x
    np.testing.assert_array_equal(again, [DEEP])
