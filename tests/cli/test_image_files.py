"""The commands on image files of several pages."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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


def test_bands_are_the_channels_of_a_row(tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    for number in range(3):
        stack(tmp_path / "scenes" / f"{number}.tif", RNG.integers(0, 65536, (6, 9, 7)).astype(np.uint16))
    shown = json.loads(ok("schema", tmp_path / "scenes", "--pages", "bands", "--json").stdout)
    assert shown["row_shape"] == [6, 9, 7]
    assert shown["dtype"] == "uint16"


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
