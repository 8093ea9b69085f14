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
    assert list(back) == ["00000.png", "00001.png"]
    assert all(np.array_equal(a, b) for a, b in zip(back.values(), whole.values(), strict=True))
    ok("decompress", model, "photos.qnt", "--out", "back.npz")
    with np.load("back.npz") as arrays:
        assert arrays["00001"].shape == (25, 33, 3)


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
