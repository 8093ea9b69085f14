"""The commands on image files: stacks of pages, and masks drawn as pictures."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from quintet import load
from tests.cli.command import invoke, ok
from tests.shared import hardly_measured, uncrossed, unguided

FEW = ("--epochs", 1, "--latent-dim", 2, "--network", "mlp", "--quiet")
RNG = np.random.default_rng(0)


def stack(path: Path, pixels: np.ndarray) -> Path:
    images = [Image.fromarray(page) for page in pixels]
    images[0].save(path, save_all=True, append_images=images[1:])
    return path


def test_a_stack_is_trained_on_and_comes_back_from_its_compressed_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pixels = RNG.integers(0, 256, (40, 8, 8), dtype=np.uint8)
    stack(Path("a.tif"), pixels)
    with hardly_measured(), uncrossed(), unguided():
        ok("fit", "a.tif", "--pages", "rows", "--out", "m", *FEW)
    ok("compress", "m", "a.tif", "--pages", "rows", "--out", "a.qnt", "--effort", "low", "-q")
    ok("decompress", "m", "a.qnt", "--out", "back.npy", "-q")
    assert np.array_equal(np.load("back.npy"), pixels)
    ok("detect", "m", "a.tif", "--pages", "rows", "--out", "scores.csv", "-q")
    assert Path("scores.csv").read_text().splitlines()[1].startswith("0,a.tif[0],")
    larger = stack(Path("larger.tif"), RNG.integers(0, 256, (2, 20, 13), dtype=np.uint8))
    ok("denoise", "m", larger, "--pages", "rows", "--out", "clean.npy", "--noise", "salt", "--effort", "low", "-q")
    assert np.load("clean.npy").shape == (2, 20, 13)


def test_images_are_augmented_by_the_names_that_the_option_lists(room: Path, tmp_path: Path) -> None:
    with hardly_measured(), uncrossed(), unguided():
        ok(
            "fit",
            room / "train.npy",
            "--out",
            tmp_path / "m",
            "--context",
            "none",
            "--augmentation",
            "flip, shift",
            *FEW,
        )
    assert load(tmp_path / "m").training == {"augmentation": ["flip", "shift"]}
    refused = invoke("fit", room / "train.npy", "--out", tmp_path / "n", "--augmentation", "flip,turn")
    assert refused.exit_code == 2
    assert "'turn' is not known" in refused.output


def test_bands_are_the_channels_of_a_row(tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    for number in range(3):
        stack(tmp_path / "scenes" / f"{number}.tif", RNG.integers(0, 65536, (6, 9, 7)).astype(np.uint16))
    shown = json.loads(ok("schema", tmp_path / "scenes", "--pages", "bands", "--json").stdout)
    assert shown["row_shape"] == [6, 9, 7]
    assert shown["dtype"] == "uint16"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of colour images of 8×8, a folder of three of them, and one of two larger pictures."""
    room = tmp_path_factory.mktemp("masks")
    np.save(room / "train.npy", RNG.integers(0, 256, (60, 8, 8, 3), dtype=np.uint8))
    with hardly_measured(), uncrossed():
        ok("fit", room / "train.npy", "--out", room / "m", "--context", "none", *FEW)
    for folder, sizes in (("rows", [(8, 8)] * 3), ("larger", [(12, 10), (9, 16)])):
        (room / folder).mkdir()
        for number, size in enumerate(sizes):
            save(room / folder / f"{number}.jpg", RNG.integers(0, 256, (*size, 3), dtype=np.uint8))
    return room


def save(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def drawn(path: Path, missing: np.ndarray) -> Path:
    """A mask as people draw it: the picture's place in any colour, and transparent where pixels are missing."""
    return save(path, np.dstack([np.full((*missing.shape, 3), 90), 255 * ~missing]).astype(np.uint8))


def hole(height: int, width: int, top: int) -> np.ndarray:
    missing = np.zeros((height, width), bool)
    missing[top : top + 2, 3:6] = True
    return missing


@pytest.mark.parametrize("folder", ["rows", "larger"])
def test_a_folder_of_masks_says_which_pixels_of_which_picture_are_missing(
    room: Path, tmp_path: Path, folder: str
) -> None:
    pictures = {path.stem: np.asarray(Image.open(path)) for path in (room / folder).iterdir()}
    masks = {name: hole(*picture.shape[:2], 1 + int(name)) for name, picture in pictures.items()}
    for name, missing in masks.items():
        drawn(tmp_path / "masks" / f"{name}.png", missing)
    out = tmp_path / "filled.npz"
    ok("impute", room / "m", room / folder, "--mask", tmp_path / "masks", "--out", out, "--effort", "low", "-q")
    with np.load(out) as arrays:
        filled = arrays["x"] if "x" in arrays else [arrays[f"{name}.jpg"] for name in sorted(pictures)]
    for name, answer in zip(sorted(pictures), filled, strict=True):
        changed = (answer != pictures[name]).any(-1)
        assert not changed[~masks[name]].any()
        assert changed[masks[name]].any()


@pytest.mark.parametrize("folder", ["rows", "larger"])
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: drawn(path / "a.png", hole(7, 8, 1)), "(7, 8)"),
        (lambda path: save(path / "a.png", np.zeros((8, 8, 3), np.uint8)), "got RGB without transparency in"),
        (lambda path: drawn(path / "masks" / "0.png", hole(8, 8, 1)).parent, "got none for 1.jpg: add"),
        (lambda path: save(path / "a.png", np.zeros((8, 8, 4), np.uint8)).rename(path / "a.csv"), "A mask must be"),
    ],
    ids=["size", "opaque", "lacking", "format"],
)
def test_a_mask_that_does_not_fit_is_refused_in_a_sentence(
    room: Path, tmp_path: Path, folder: str, make: object, says: str
) -> None:
    mask = make(tmp_path)  # type: ignore[operator]
    result = invoke("impute", room / "m", room / folder, "--mask", mask, "--out", tmp_path / "x.npz")
    assert result.exit_code == 2
    assert says in " ".join(result.output.split())
    assert "Traceback" not in result.output
    assert not (tmp_path / "x.npz").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "give pages='rows' or pages='bands' (--pages)"),
        (("--pages", "layers"), "--pages must be 'rows' or 'bands'"),
    ],
)
def test_a_stack_without_the_option_is_refused_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    result = invoke("schema", stack(tmp_path / "a.tif", np.zeros((2, 5, 5), np.uint8)), *arguments)
    assert result.exit_code == 2
    assert says in " ".join(result.output.split())
