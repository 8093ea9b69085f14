"""What the benchmark of natural images does to its images, and how it measures generated ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Script = Callable[[str], Any]
IMAGES = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)


def test_the_mosaic_holds_every_image_once(script: Script) -> None:
    found = script("natural_data").mosaic(IMAGES)
    assert found.shape == (64, 320, 3)
    np.testing.assert_array_equal(found[32:64, 96:128], IMAGES[13])
    assert found.sum(dtype=int) == IMAGES.sum(dtype=int)


def test_a_pasted_patch_is_of_another_image_and_nothing_else_changes(script: Script) -> None:
    changed, where = script("natural_data").pasted(IMAGES, 3)
    assert (where.sum((1, 2)) == 36).all()
    np.testing.assert_array_equal(changed[~where], IMAGES[~where])
    for row, mask in enumerate(where):
        (top, left), patch = np.argwhere(mask)[0], changed[row][mask].reshape(6, 6, 3)
        windows = np.lib.stride_tricks.sliding_window_view(IMAGES, (6, 6, 3), (1, 2, 3))
        sources = np.flatnonzero((windows == patch).all((-1, -2, -3)).reshape(len(IMAGES), -1).any(1))
        assert len(sources) == 1
        assert sources[0] != row
        assert mask[top : top + 6, left : left + 6].all()


def test_all_channels_of_a_missing_pixel_are_missing(script: Script) -> None:
    data = script("natural_data")
    masks = data.missing_pixels(20, 1)
    assert {name: round(float(mask.mean()), 1) for name, mask in masks.items()} == {
        "half": 0.5,
        "eighty": 0.8,
        "centre": 0.1,
        "bottom": 0.5,
    }
    wide = data.cells(masks["half"])
    assert wide.shape == IMAGES.shape
    assert (wide.all(-1) == wide.any(-1)).all()


def test_each_image_has_a_patch_in_one_tenth(script: Script) -> None:
    assert (np.sum(script("natural_data").tenths(200, 0), 0) == 1).all()


@pytest.mark.parametrize(("period", "share"), [(8, 0.0), (3, 1.0)])
def test_high_frequency_energy_is_that_above_half_of_nyquist(script: Script, period: int, share: float) -> None:
    """Of a wave of a period of 8 pixels, nothing; of one of 3, half of its squared amplitude."""
    wave = 10 * np.cos(2 * np.pi * np.arange(24) / period)
    images = np.broadcast_to(wave[None, :, None, None], (2, 24, 24, 3))
    assert script("natural_features").high_frequency(images) == pytest.approx(50 * share, abs=1e-9)


def test_distances_are_0_of_the_same_images_and_grow_with_noise(script: Script) -> None:
    figures = script("natural_features").Distances(IMAGES, IMAGES, 0, epochs=1)
    same, grey = figures(IMAGES), figures(np.full_like(IMAGES, 128))
    for name in ("random", "rotation"):
        assert same[name] == pytest.approx(0, abs=1e-5)
        assert grey[name] > 1e-3
    assert same["high"] == pytest.approx(1)


def test_a_margin_is_positive_for_the_better_line(script: Script) -> None:
    margins = script("natural_images").margins
    found = {"ours": {"bits": 3.9}, "jxl": {"bits": 4.1, "mosaic": 3.95}}
    assert margins("compress", found, ["ours"]) == {
        "margins.ours.compress_bits": pytest.approx(0.2),
        "margins.ours.compress_mosaic": pytest.approx(0.05),
    }
    found = {"input": {"half": 99.0}, "ours": {"half": 27.0}, "10nn": {"half": 25.0}}
    assert margins("impute", found, ["ours"]) == {"margins.ours.impute_half": pytest.approx(2.0)}
