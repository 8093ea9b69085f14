"""Every command that writes: nothing that another process made is lost, and nothing but a regular file is replaced."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quintet.cli import output
from tests.cli.command import invoke, ok
from tests.shared import hardly_measured

DIGITS, LABELLED = "models/digits.safetensors", "models/labelled.safetensors"
FEW = ("digits", "--limit", 12)
COMMANDS: dict[str, tuple[Any, ...]] = {
    "m.safetensors": ("fit", *FEW, "--epochs", 1, "--latent-dim", 2, "--network", "mlp"),
    "new.npz": ("generate", DIGITS, "-n", 2),
    "new.csv": ("generate", DIGITS, "-n", 2),
    "new.png": ("generate", DIGITS, "-n", 2),
    "d.qnt": ("compress", DIGITS, *FEW, "--effort", "low"),
    "back.npy": ("decompress", DIGITS, "models/digits.qnt"),
    "clean.npy": ("denoise", DIGITS, *FEW, "--noise", "salt", "--effort", "low"),
    "filled.npz": ("impute", DIGITS, *FEW, "--mask", "mask.npy", "--effort", "low"),
    "scores.csv": ("detect", DIGITS, *FEW),
    "scores.npz": ("detect", DIGITS, *FEW),
    "edited.npz": ("edit", DIGITS, *FEW, "--attribute", "thickness", "--by", 1),
    "more.npz": ("augment", DIGITS, "digits", "--limit", 60, "--per-class", 1),
    "translated.npz": ("translate", "models/old.safetensors", *FEW),
    "large.npy": ("denoise", DIGITS, "large", "--limit", 1, "--noise", "salt", "--effort", "low"),
    "large.qnt": ("compress", DIGITS, "large", "--limit", 1, "--effort", "low"),
}


@pytest.fixture(scope="module")
def old(models: Path) -> Path:
    """A model that translates."""
    path = models / "old.safetensors"
    if not path.exists():
        few = ("--limit", 60, "--epochs", 1, "--latent-dim", 2, "--network", "mlp", "--quiet")
        with hardly_measured():
            ok("fit", "digits", "--variant", "translate", "--out", path, *few)
    return path


@pytest.fixture(autouse=True)
def room(tmp_path: Path, models: Path, old: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with the models at hand."""
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    Path("models").symlink_to(models)
    np.save("mask.npy", np.eye(8, dtype=bool))
    Path("large").mkdir()
    pixels = np.random.default_rng(0).integers(0, 17, (2, 12, 12), dtype=np.uint8)
    for number, picture in enumerate(pixels):
        Image.fromarray(picture).save(f"large/{number}.png")
    return tmp_path


@pytest.mark.parametrize("out", COMMANDS)
def test_of_two_runs_to_one_path_the_second_is_refused(out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path, check = Path(out), output.output_path

    def overtaken(place: Path, force: bool, suffixes: Any = ()) -> output.OutputPath:
        checked = check(place, force, suffixes)
        if place.name == out:
            path.write_bytes(b"first")
        return checked

    monkeypatch.setattr(output, "output_path", overtaken)
    result = invoke(*COMMANDS[out], "--out", path, "--quiet")
    assert result.exit_code == 2, result.output
    assert "Another process created" in result.stderr
    assert path.read_bytes() == b"first"
    kept = [found for found in Path().glob(f"{path.stem}-*{path.suffix}") if found.stat().st_size > 5]
    assert len(kept) == 1


@pytest.mark.parametrize("out", COMMANDS)
def test_force_replaces_nothing_but_regular_files(out: str) -> None:
    path = Path(out)
    os.mkfifo(path)
    result = invoke(*COMMANDS[out], "--out", path, "--force", "--quiet")
    assert result.exit_code == 2, result.output
    assert "must be a regular file" in result.stderr
    assert path.is_fifo()


@pytest.mark.parametrize("out", ["new.npz", "d.qnt", "back.npy", "scores.csv", "large.npy", "m.safetensors"])
def test_a_link_is_followed(out: str) -> None:
    path, target = Path(out), Path("elsewhere")
    target.write_bytes(b"old")
    path.symlink_to(target)
    ok(*COMMANDS[out], "--out", path, "--force", "--quiet")
    assert path.is_symlink()
    assert target.stat().st_size > 3


def test_of_two_runs_to_one_folder_the_second_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    check = output.target_folder

    def overtaken(place: Path, force: bool) -> output.OutputPath:
        checked = check(place, force)
        place.mkdir()
        (place / "0.png").write_bytes(b"first")
        return checked

    monkeypatch.setattr(output, "target_folder", overtaken)
    result = invoke("denoise", DIGITS, "large", "--noise", "salt", "--effort", "low", "--out", "clean", "--quiet")
    assert result.exit_code == 2, result.output
    assert [(f.name, f.read_bytes()) for f in Path("clean").iterdir()] == [("0.png", b"first")]
    (kept,) = Path().glob("clean-*")
    assert sorted(f.name for f in kept.iterdir()) == ["0.png", "1.png"]
