"""The commands on images larger than the model's rows."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from tests.cli.command import invoke, ok
from tests.shared import hardly_measured

FEW = ("--epochs", 2, "--latent-dim", 4, "--network", "mlp", "--quiet")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photos/ of two sizes, and small.safetensors, trained on patches of them."""
    room = tmp_path_factory.mktemp("pictures")
    (room / "photos").mkdir()
    picture = load_sample_images().images[1][100:260:4, 200:360:4]
    Image.fromarray(picture).save(room / "photos" / "one.png")
    Image.fromarray(picture[3:28, 5:38]).save(room / "photos" / "two.png")
    with hardly_measured():
        ok("fit", room / "photos", "--out", room / "small.safetensors", "--patch", 8, "--patches", 300, *FEW)
    return room


@pytest.fixture
def photos(room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.chdir(tmp_path)
    return room / "small.safetensors", room / "photos"


def pixels(folder: Path) -> dict[str, np.ndarray]:
    return {path.name: np.asarray(Image.open(path)) for path in sorted(folder.iterdir())}


def test_a_folder_of_sizes_is_compressed_and_comes_back(photos: tuple[Path, Path]) -> None:
    model, folder = photos
    figures = json.loads(ok("compress", model, folder, "--out", "photos.qnt", "--effort", "low", "--json").stdout)
    assert figures["images"] == 2
    assert figures["bytes"] == Path("photos.qnt").stat().st_size < figures["raw_bytes"]
    ok("decompress", model, "photos.qnt", "--out", "back")
    back, whole = pixels(Path("back")), pixels(folder)
    assert list(back) == ["one.png", "two.png"]
    assert all(np.array_equal(a, b) for a, b in zip(back.values(), whole.values(), strict=True))
    ok("decompress", model, "photos.qnt", "--out", "back.npz")
    with np.load("back.npz") as arrays:
        assert arrays["two.png"].shape == (25, 33, 3)


def test_a_folder_is_denoised_into_a_folder_under_its_names(photos: tuple[Path, Path]) -> None:
    model, folder = photos
    options = ("--noise", "salt", "--effort", "low", "--json")
    figures = json.loads(ok("denoise", model, folder, "--out", "clean", *options).stdout)
    assert figures["noise"] == "salt_pepper"
    assert {name: p.shape for name, p in pixels(Path("clean")).items()} == {
        name: p.shape for name, p in pixels(folder).items()
    }


def test_a_stack_is_imputed(photos: tuple[Path, Path]) -> None:
    model, folder = photos
    picture = pixels(folder)["two.png"]
    missing = np.zeros(picture.shape[:2], bool)
    missing[4:9, 5:11] = True
    np.save("stack.npy", np.stack([picture, picture]))
    np.savez("stack.npz", x=np.stack([picture]), mask=missing[None, ..., None] & np.ones(3, bool))
    np.save("mask.npy", missing)
    ok("impute", model, "stack.npy", "--mask", "mask.npy", "--out", "filled.npy", "--effort", "low")
    filled = np.load("filled.npy")
    assert np.array_equal(filled[:, ~missing], np.stack([picture, picture])[:, ~missing])
    assert not np.array_equal(filled[0], picture)
    ok("impute", model, "stack.npz", "--out", "filled.png", "--effort", "low")
    assert np.array_equal(np.asarray(Image.open("filled.png")), filled[0])


def test_strange_pictures_get_scores_and_heat_maps(photos: tuple[Path, Path]) -> None:
    model, folder = photos
    ok("detect", model, folder, "--out", "scores.csv")
    lines = Path("scores.csv").read_text().splitlines()
    assert lines[0] == "image,score,p_value,is_anomaly"
    assert [line.split(",")[0] for line in lines[1:]] == ["one.png", "two.png"]
    ok("detect", model, folder, "--out", "scores.npz", "--limit", 1)
    with np.load("scores.npz") as arrays:
        assert arrays["where_one.png" if "where_one.png" in arrays else "where"].shape[-2:] == (40, 40)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("denoise", "--out", "x.npy"), "one size, got 2 sizes"),
        (("denoise", "--out", "x.png"), "one picture, got 2"),
        (("impute", "--out", "x", "--draws", 2), "must be 0"),
        (("compress", "--out", "x.qnt", "--lossy"), "losslessly"),
        (("detect", "--out", "x.csv", "--only", "1"), "--only is not supported"),
    ],
    ids=["npy", "png", "draws", "lossy", "only"],
)
def test_what_patches_cannot_is_said_in_a_sentence(
    photos: tuple[Path, Path], arguments: tuple[object, ...], says: str
) -> None:
    model, folder = photos
    result = invoke(arguments[0], model, folder, *arguments[1:])
    assert result.exit_code == 2
    assert says in result.output
    assert "Traceback" not in result.output
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    ("picture", "says"),
    [(np.zeros((5, 30, 3), np.uint8), "fewer than"), (np.zeros((20, 20), np.uint8), "convert it")],
    ids=["small", "grey"],
)
def test_pictures_that_do_not_fit_are_refused(
    photos: tuple[Path, Path], picture: np.ndarray, says: str, tmp_path: Path
) -> None:
    Path("odd").mkdir()
    Image.fromarray(picture).save("odd/one.png")
    result = invoke("compress", photos[0], "odd", "--out", "x.qnt")
    assert result.exit_code == 2
    assert says in result.output


def test_patches_that_do_not_fit_into_the_pictures_are_refused(photos: tuple[Path, Path]) -> None:
    result = invoke("fit", photos[1], "--out", "m.safetensors", "--patch", "30x30", *FEW)
    assert result.exit_code == 2
    assert "cut smaller patches" in result.output
    result = invoke("fit", photos[1], "--out", "m.safetensors", "--patch", "wide", *FEW)
    assert "got wide" in result.output


def test_names_exif_profile_and_alpha_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng, exif = np.random.default_rng(0), Image.Exif()
    exif[0x010F], exif[0x0112] = "A camera", 6
    pixels = rng.integers(0, 256, (2, 14, 11, 4), dtype=np.uint8)
    for folder, picture in zip(("cats", "dogs"), pixels, strict=True):
        (Path("all") / folder).mkdir(parents=True)
        Image.fromarray(picture).save(Path("all") / folder / "a.webp", lossless=True, exact=True, exif=exif)
    with hardly_measured():
        ok("fit", "all", "--out", "m", "--patch", 8, "--patches", 60, *FEW)
    ok("compress", "m", "all", "--out", "all.qnt", "--effort", "low", "-q")
    ok("decompress", "m", "all.qnt", "--out", "back", "-q")
    ok("denoise", "m", "all", "--out", "clean", "--noise", "salt", "--effort", "low", "-q")
    for folder, picture in zip(("cats", "dogs"), pixels, strict=True):
        with Image.open(Path("back") / folder / "a.png") as back:
            assert np.array_equal(np.asarray(back), np.rot90(picture, -1))
            assert (back.getexif()[0x010F], back.getexif()[0x0112]) == ("A camera", 1)
        with Image.open(Path("clean") / folder / "a.png") as clean:
            assert clean.getexif()[0x010F] == "A camera"


def test_names_that_leave_the_folder_become_numbers(tmp_path: Path) -> None:
    from quintet.cli import output, picture_files, pictures
    from quintet.data.patches.pictures import Pictures
    from quintet.data.readers.image_metadata import PictureFile

    (tmp_path / "in").mkdir()
    files = tuple(PictureFile(name) for name in ("../a.png", "b.png"))
    found = Pictures([np.zeros((2, 2), np.uint8)] * 2, False, files)
    given = pictures.Given([file.name for file in files], found)
    picture_files.write_pictures(output.target_folder(tmp_path / "in", False), given, found.all)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png")) == [
        "in/00000.png",
        "in/00001.png",
    ]
