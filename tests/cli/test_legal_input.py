"""Input that looks wrong and is legal: it simply works."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from quintet.models.flat import Flat
from tests.cli.command import ok

FEW = ("--epochs", 2, "--network", "mlp", "--out", "m", "--quiet")


@pytest.fixture(autouse=True)
def room(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with the models at hand."""
    monkeypatch.chdir(tmp_path)
    Path("models").symlink_to(models)
    return tmp_path


def varied(rows: int, columns: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(rows, columns)).astype(np.float32)


def holes(rows: np.ndarray) -> np.ndarray:
    rows = rows.copy()
    rows[::3, 1] = np.nan
    rows[5] = np.nan
    return rows


CASES = {
    "one row": (varied(1, 4), ()),
    "two rows": (varied(2, 4), ()),
    "one column": (varied(40, 1), ()),
    "constant columns": (np.hstack([varied(40, 2), np.full((40, 2), 7.0, dtype=np.float32)]), ()),
    "all constant": (np.full((40, 3), 7.0), ()),
    "more latents than cells": (varied(40, 2), ("--latent-dim", 9)),
    "an empty column": (np.hstack([varied(40, 2), np.full((40, 1), np.nan, dtype=np.float32)]), ()),
    "empty cells and an empty row": (holes(varied(40, 3)), ()),
    "huge values": (1e30 * varied(40, 3).astype(np.float64), ()),
    "integers": (np.arange(-60, 60).reshape(40, 3), ()),
    "black images": (np.zeros((40, 5, 7), dtype=np.uint8), ("--kind", "image8")),
    "truth values": (varied(40, 6) > 0, ()),
}


@pytest.mark.parametrize("name", CASES)
def test_it_simply_works(name: str) -> None:
    rows, options = CASES[name]
    np.save("x.npy", rows)
    ok("fit", "x.npy", *FEW, *options)
    ok("generate", "m", "-n", 3, "--out", "new.npy", "--quiet")
    new = np.load("new.npy")
    assert new.shape == (3, *rows.shape[1:])
    assert np.isfinite(new).all()
    ok("compress", "m", "x.npy", "--out", "x.qnt", "--quiet")
    ok("decompress", "m", "x.qnt", "--out", "back.npy", "--quiet")
    back = np.load("back.npy")
    assert back.dtype == rows.dtype
    np.testing.assert_array_equal(back, rows)
    ok("detect", "m", "x.npy", "--out", "s.csv", "--quiet")
    ok("impute", "m", "x.npy", "--out", "full.npy", "--effort", "low", "--quiet")
    assert np.isfinite(np.load("full.npy")).all()


def test_out_of_memory_tries_smaller_chunks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    decode, sizes = Flat.decode, []

    def tight(self: Flat, z: torch.Tensor, *arguments: Any, **options: Any) -> Any:
        sizes.append(z.shape[1])
        if z.shape[1] > 16:
            raise MemoryError
        return decode(self, z, *arguments, **options)

    model = "models/digits.safetensors"
    ok("generate", model, "-n", 40, "--batch-rows", 16, "--out", "plenty.npy", "--quiet")
    monkeypatch.setattr(Flat, "decode", tight)
    ok("generate", model, "-n", 40, "--batch-rows", 64, "--out", "tight.npy", "--quiet")
    assert sizes[:3] == [64, 32, 16]
    np.testing.assert_array_equal(np.load("tight.npy"), np.load("plenty.npy"))
