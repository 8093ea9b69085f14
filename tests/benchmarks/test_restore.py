"""What the benchmark of restoration does to its images, and how it undoes what its opponents know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Script = Callable[[str], Any]
RNG = np.random.default_rng(0)
IMAGES = (RNG.integers(30, 200, (40, 1, 1, 3)) + RNG.normal(0, 25, (40, 32, 32, 3))).clip(0, 255).astype(np.uint8)


def test_luma_and_chroma_become_the_colours_again_and_grey_has_no_chroma(script: Script) -> None:
    data = script("restore_data")
    assert np.abs(data.colours(data.luma_chroma(IMAGES)).astype(int) - IMAGES).max() <= 2
    grey = data.grey(IMAGES)
    assert (grey == grey[..., :1]).all()
    assert (data.luma_chroma(grey)[..., 1:] == 128).all()
    np.testing.assert_array_equal(data.luma_chroma(grey)[..., 0], data.luma_chroma(IMAGES)[..., 0])


def test_scratches_are_thin_bright_and_told(script: Script) -> None:
    data = script("restore_data")
    old, where, share = data.aged(IMAGES, 1)
    assert (old[where] >= data.INK[0]).all()
    assert 0.05 < where.mean() < 0.2
    assert where.any((1, 2)).all()
    assert share.min() >= data.FADED[0]
    assert old[~where].std() < IMAGES[~where].std(), "fading takes contrast"


def test_fading_is_undone_up_to_the_grain(script: Script) -> None:
    data = script("restore_data")
    old, where, share = data.aged(IMAGES, 1)
    back = data.Unfading(IMAGES, 2)(old, where).astype(float)
    known = ~where
    worn, left = (np.square(each[known] - IMAGES[known].astype(float)).mean() for each in (old, back))
    grain = np.square(data.GRAIN / (1 - share)).mean()
    assert left < 0.3 * worn
    assert left < 3 * grain


def test_the_masked_median_reads_no_hidden_cell(script: Script) -> None:
    median, where = script("restore_data").masked_median, np.zeros((1, 9, 9), bool)
    where[0, 2:7, 3:8] = True
    image = np.arange(81, dtype=np.uint8).reshape(1, 9, 9, 1).repeat(3, -1)
    other = np.where(where[..., None], np.uint8(255), image)
    np.testing.assert_array_equal(median(image, where), median(other, where))
    plain = median(image, np.zeros_like(where))
    assert plain[0, 4, 4, 0] == image[0, 4, 4, 0], "of the nine cells around"
    assert plain[0, 0, 0, 0] == round(np.median(image[0, :2, :2, 0])), "of the four at a corner"


def test_the_margin_is_that_of_our_best_line(script: Script) -> None:
    restore = script("restore")
    lines = {"input": (99, 0.0), "channel_means": (24, 2.0), "impute": (26, 3.0), "impute_draw": (23, 1.5)}
    found = {name: {"psnr": psnr, "random": far, "rotation": far} for name, (psnr, far) in lines.items()}
    assert restore.margins("colour", found) == pytest.approx(
        {"margins.colour.psnr": 2, "margins.colour.random": 0.5, "margins.colour.rotation": 0.5}
    )


def test_a_model_is_fitted_once_and_loaded_afterwards(script: Script, tmp_path: Path) -> None:
    class Kept:
        def save(self, path: Path) -> None:
            path.write_text("kept")

    restore, args = script("restore"), type("Args", (), {"models": tmp_path / "models"})
    fitted: list[Kept] = []
    for _ in range(2):
        models = restore.Models(args, IMAGES)
        for _ in range(2):
            models("a", lambda: fitted.append(Kept()) or fitted[-1], lambda path: path.read_text())
    assert len(fitted) == 1
    assert models("a", Kept) == "kept"
    assert not models.minutes
