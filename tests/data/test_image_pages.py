"""Files of several pages: each page a row, or the pages the bands of one row."""

from pathlib import Path

import numpy as np
import pytest

from quintet.data.readers.sources import load_data
from quintet.errors import QuintetError

Image = pytest.importorskip("PIL.Image")
RNG = np.random.default_rng(0)
KINDS = {
    "grey": RNG.integers(0, 256, (3, 6, 5), dtype=np.uint8),
    "grey and alpha": RNG.integers(0, 256, (3, 6, 5, 2), dtype=np.uint8),
    "colour": RNG.integers(0, 256, (3, 6, 5, 3), dtype=np.uint8),
    "colour and alpha": RNG.integers(0, 256, (3, 6, 5, 4), dtype=np.uint8),
    "16 bits": RNG.integers(0, 65536, (3, 6, 5), dtype=np.uint16),
}


def stack(path: Path, pixels: np.ndarray, **options: object) -> Path:
    images = [Image.fromarray(page) for page in pixels]
    images[0].save(path, save_all=True, append_images=images[1:], **options)
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("packing", [{}, {"compression": "tiff_lzw"}], ids=["plain", "packed"])
def test_each_page_is_a_row(tmp_path: Path, kind: str, packing: dict[str, str]) -> None:
    found = load_data(stack(tmp_path / "a.tif", KINDS[kind], **packing), pages="rows")
    assert found.x.dtype == KINDS[kind].dtype
    np.testing.assert_array_equal(found.x, KINDS[kind])
    assert found.files == ["a.tif[0]", "a.tif[1]", "a.tif[2]"]


@pytest.mark.parametrize("bands", [1, 2, 4, 5, 9])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pages_are_bands_of_a_row_last_up_to_four_and_else_first(tmp_path: Path, bands: int, dtype: type) -> None:
    pixels = RNG.integers(0, np.iinfo(dtype).max + 1, (2, bands, 6, 5)).astype(dtype)
    for number, pages in enumerate(pixels):
        stack(tmp_path / f"{number}.tif", pages)
    found = load_data(tmp_path, pages="bands")
    expected = pixels[:, 0] if bands == 1 else np.moveaxis(pixels, 1, -1) if bands < 5 else pixels
    np.testing.assert_array_equal(found.x, expected)
    assert found.files == ["0.tif", "1.tif"]


def test_pages_of_a_class_have_its_label_beside_files_of_one_page(tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
    stack(tmp_path / "a" / "many.tif", KINDS["grey"])
    Image.fromarray(KINDS["grey"][0]).save(tmp_path / "b" / "one.png")
    found = load_data(tmp_path, pages="rows")
    assert found.y.tolist() == ["a", "a", "a", "b"]
    assert found.files == ["a/many.tif[0]", "a/many.tif[1]", "a/many.tif[2]", "b/one.png"]
    np.testing.assert_array_equal(found.x, KINDS["grey"][[0, 1, 2, 0]])


def test_frames_of_an_animation_are_rows(tmp_path: Path) -> None:
    pixels = np.repeat(np.array([0, 90, 255], np.uint8), 30).reshape(3, 6, 5)
    found = load_data(stack(tmp_path / "a.gif", pixels), pages="rows")
    np.testing.assert_array_equal(found.x[..., 0], pixels)


def test_pages_of_other_sizes_are_resized_where_that_is_asked(tmp_path: Path) -> None:
    images = [Image.fromarray(page) for page in (KINDS["16 bits"][0], KINDS["16 bits"][0, :3])]
    images[0].save(tmp_path / "a.tif", save_all=True, append_images=images[1:])
    with pytest.raises(QuintetError, match=r"one size, got 5×6 pixels in .* and 5×3 .*--size"):
        load_data(tmp_path / "a.tif", pages="rows")
    for pages, shape in (("rows", (2, 4, 4)), ("bands", (1, 4, 4, 2))):
        assert load_data(tmp_path / "a.tif", pages=pages, size=4).x.shape == shape


def uneven(path: Path) -> Path:
    stack(path.parent / "b.tif", KINDS["grey"][:2])
    return stack(path, KINDS["grey"]).parent


@pytest.mark.parametrize(
    ("make", "pages", "says"),
    [
        (lambda path: stack(path, KINDS["grey"]), None, "3 frames or pages: give pages='rows' or pages='bands'"),
        (lambda path: stack(path, KINDS["colour"]), "bands", "must have one channel each, got RGB"),
        (uneven, "bands", r"one number of bands, got 3 pages in .*a\.tif and 2 in .*b\.tif"),
        (lambda path: stack(path, KINDS["grey"]), "layers", "pages must be 'rows' or 'bands' or None, got 'layers'"),
        (lambda path: "digits", "rows", "is for image files, got digits"),
    ],
    ids=["not asked", "colour bands", "uneven", "other word", "no image"],
)
def test_what_is_no_stack_is_refused_in_a_sentence(tmp_path: Path, make: object, pages: str, says: str) -> None:
    with pytest.raises(QuintetError, match=says) as caught:
        load_data(make(tmp_path / "a.tif"), pages=pages)  # type: ignore[operator]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("packing", [{}, {"compression": "tiff_deflate"}], ids=["plain", "packed"])
def test_a_stack_cut_anywhere_is_refused_or_still_has_all_pixels(tmp_path: Path, packing: dict[str, str]) -> None:
    whole = stack(tmp_path / "a.tif", KINDS["16 bits"], **packing).read_bytes()
    refused, ends = 0, [*range(8, len(whole) - 100, 7), *range(len(whole) - 100, len(whole), 2)]
    for end in ends:
        (tmp_path / "b.tif").write_bytes(whole[:end])
        try:
            found = load_data(tmp_path / "b.tif", pages="rows").x
        except QuintetError as error:
            assert "b.tif" in str(error)  # noqa: PT017 - most ends are refused, and some keep all pixels
            refused += 1
        else:
            np.testing.assert_array_equal(found, KINDS["16 bits"])
    assert refused > 0.9 * len(ends)


def test_a_stack_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    """Three pages that lie: each states a third of more than 500 times the size of the file."""
    content = bytearray(stack(tmp_path / "a.tif", KINDS["grey"]).read_bytes())
    for side, stated in ((5, 12_000), (6, 10_000)):
        number = 256 if side == 5 else 257
        entry = number.to_bytes(2, "little") + (4).to_bytes(2, "little") + (1).to_bytes(4, "little")
        content = content.replace(entry + side.to_bytes(2, "little"), entry + stated.to_bytes(2, "little"))
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(QuintetError, match="decompression bomb"):
        load_data(tmp_path / "a.tif", pages="rows")
