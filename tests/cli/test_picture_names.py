"""Names of image files on the way back, and rows of another size than the model's."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from quintet import load, load_data
from tests.cli.command import invoke, ok

MODEL = "models/digits.safetensors"
NAMES = ["a/seven.png", "b/img2.png", "b/img10.png"]
QUICK = ("--effort", "low", "-q")


@pytest.fixture(autouse=True)
def room(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of digits as image files in two subfolders, one with EXIF."""
    monkeypatch.chdir(tmp_path)
    Path("models").symlink_to(models)
    exif = Image.Exif()
    exif[0x010E] = "a seven"
    for name, pixels in zip(NAMES, load_data("digits").x[400:], strict=False):
        Path("in", name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(Path("in", name), exif=exif)
    return tmp_path


def files(folder: str) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def pixels(folder: str, name: str) -> np.ndarray:
    with Image.open(Path(folder, name)) as image:
        return np.asarray(image)


def test_compressed_files_come_back_under_their_names_pixel_for_pixel() -> None:
    figures = json.loads(ok("compress", MODEL, "in", "--out", "in.qnt", "--json").stdout)
    assert figures["images"] == 3
    assert figures["bytes"] == Path("in.qnt").stat().st_size
    ok("decompress", MODEL, "in.qnt", "--out", "back", "-q")
    assert files("back") == sorted(NAMES)
    for name in NAMES:
        assert np.array_equal(pixels("back", name), pixels("in", name))
        with Image.open(Path("back", name)) as image:
            assert image.getexif()[0x010E] == "a seven"
    ok("decompress", MODEL, "in.qnt", "--out", "back.npz", "-q")
    with np.load("back.npz") as arrays:
        assert arrays["image"].tolist() == NAMES
        assert np.array_equal(arrays["x"], [pixels("in", name) for name in NAMES])


def test_info_describes_a_file_of_named_pictures() -> None:
    ok("compress", MODEL, "in", "--out", "in.qnt", "-q")
    figures = json.loads(ok("info", "in.qnt", "--json").stdout)
    assert (figures["images"], figures["names"], figures["sizes"]) == (3, 3, ["8x8"])
    assert figures["bytes"] == Path("in.qnt").stat().st_size


def test_rows_that_trained_the_model_are_counted_among_image_files() -> None:
    vae, rows = load(MODEL), load_data("digits").x[:120]
    known = rows[vae.parts_of(rows) == "train"][0]
    Image.fromarray(known).save("in/a/known.png")
    result = ok("compress", MODEL, "in", "--out", "in.qnt")
    assert "trained on 1 of these 4 rows" in result.stderr


def test_what_names_cannot_be_kept_with_is_compressed_as_rows() -> None:
    ok("compress", MODEL, "in", "--out", "rows.qnt", "--block-rows", 2, "-q")
    ok("decompress", MODEL, "rows.qnt", "--rows", "1:3", "--out", "two.npy", "-q")
    assert np.array_equal(np.load("two.npy"), [pixels("in", name) for name in NAMES[1:]])


@pytest.mark.parametrize(
    "command", [("denoise", "--noise", "salt"), ("impute", "--mask", "mask.npy")], ids=lambda command: command[0]
)
def test_answers_are_written_under_the_names_of_the_files(command: tuple[str, ...]) -> None:
    np.save("mask.npy", np.eye(8, dtype=bool))
    arguments = (command[0], MODEL, "in", *command[1:], *QUICK)
    ok(*arguments, "--out", "out")
    ok(*arguments, "--out", "out.npz")
    assert files("out") == sorted(NAMES)
    with np.load("out.npz") as arrays:
        for name, row in zip(arrays["image"], arrays["x"], strict=True):
            assert np.array_equal(pixels("out", name), np.rint(row).astype(np.uint8))
    assert invoke(*arguments, "--out", "out").exit_code == 2
    ok(*arguments, "--out", "out", "--force")


def test_pages_of_a_stack_keep_the_name_and_the_page() -> None:
    pages = [Image.fromarray(row) for row in load_data("digits").x[:2]]
    pages[0].save("s.tif", save_all=True, append_images=pages[1:])
    ok("denoise", MODEL, "s.tif", "--pages", "rows", "--noise", "salt", "--out", "out", *QUICK)
    assert files("out") == ["s[0].png", "s[1].png"]


def test_new_rows_in_a_folder_are_numbered() -> None:
    ok("generate", MODEL, "-n", 3, "--out", "new", "-q")
    ok("generate", MODEL, "-n", 3, "--out", "new.npy", "-q")
    assert files("new") == ["00000.png", "00001.png", "00002.png"]
    assert np.array_equal([pixels("new", name) for name in files("new")], np.load("new.npy"))


def test_detect_names_the_files() -> None:
    ok("detect", MODEL, "in", "--out", "s.csv", "-q")
    with open("s.csv") as file:
        assert [row["image"] for row in csv.DictReader(file)] == NAMES


def test_letters_are_drawn_in_the_size_and_the_greys_of_the_model() -> None:
    ok("detect", MODEL, "letters", "--limit", 60, "--out", "s.npz", "-q")
    drawn = load_data("letters", size=8)
    expected = load(MODEL).detect(np.rint(drawn.x[:60] * (16 / drawn.x.max())).astype(np.uint8))
    with np.load("s.npz") as arrays:
        np.testing.assert_array_equal(arrays["score"], expected.scores)
    assert expected.is_anomaly.mean() > 0.5


def test_detect_resizes_where_that_is_asked_for() -> None:
    twice = load_data("digits").x[:4].repeat(2, 1).repeat(2, 2)
    np.save("small.npy", twice[:, :6, :6])
    refused = invoke("detect", MODEL, "small.npy", "--out", "s.csv")
    assert refused.exit_code == 2
    assert "--size 8x8" in refused.output
    ok("detect", MODEL, "small.npy", "--size", "8x8", "--out", "s.npz", "-q")
    expected = load(MODEL).detect(load_data("small.npy", size=8).x)
    with np.load("s.npz") as arrays:
        np.testing.assert_array_equal(arrays["score"], expected.scores)


def test_images_of_several_sizes_are_refused_by_fit_with_a_word_of_patches() -> None:
    shutil.rmtree("in/a")
    Image.fromarray(np.zeros((9, 12), np.uint8)).save("in/b/wide.png")
    refused = invoke("fit", "in", "--out", "m")
    assert refused.exit_code == 2
    assert "--size" in refused.output
    assert "--patch" in refused.output
