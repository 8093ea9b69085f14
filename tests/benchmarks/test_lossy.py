"""How the benchmark of lossy codes measures rate and quality."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Script = Callable[[str], Any]
IMAGE = np.random.default_rng(0).integers(60, 200, (32, 32, 3)).astype(np.uint8)


def curve(factor: float) -> list[tuple[float, float, float]]:
    """Six decibels a bit, and the same curve at ``factor`` times the rate."""
    return [(factor * rate, 20 + 6 * rate, 1 - 0.5 ** (1 + rate)) for rate in (0.25, 0.5, 1.0, 2.0, 4.0)]


def test_bjontegaards_rate_is_the_ratio_of_rates_at_equal_quality(script: Script) -> None:
    rate = script("rate_quality").bjontegaard
    for place in (1, 2):
        assert rate(curve(0.8), curve(1.0), place) == pytest.approx(-20, abs=1e-6)
        assert rate(curve(1.5), curve(1.0), place) == pytest.approx(50, abs=1e-6)
    worse = [*curve(1.0), (3.0, 21.0, 0.5)]  # a setting that no one would choose
    assert rate(curve(0.8), worse, 1) == pytest.approx(-20, abs=1e-6)
    assert np.isnan(rate(curve(1.0), [(1.0, 50.0, 0.99), (2.0, 60.0, 0.999)], 1)), "no quality that both reach"


def test_figures_are_interpolated_in_the_log_of_the_rate_and_never_extrapolated(script: Script) -> None:
    found = script("rate_quality").at_rates([(0.7, 30.0, 0.8), (2.8, 40.0, 0.9)])
    assert found["psnr_two"] == pytest.approx(30 + 10 * np.log(2 / 0.7) / np.log(4))
    assert found.keys() == {"psnr_one", "psnr_two", "ssim_one", "ssim_two"}


def test_ssim_is_1_of_equal_images_and_forgives_a_shift_of_brightness_more_than_noise(script: Script) -> None:
    ssim = script("rate_quality").ssim
    noisy = IMAGE + np.random.default_rng(1).choice([-10, 10], IMAGE.shape)
    assert ssim(IMAGE, IMAGE) == pytest.approx(1)
    assert 1 > ssim(IMAGE, IMAGE + 10.0) > ssim(IMAGE, noisy) > ssim(IMAGE, np.full_like(IMAGE, 128))


def test_points_survive_the_cache(script: Script) -> None:
    module = script("rate_quality")
    assert module.points_of(module.flat(curve(1.0))) == curve(1.0)
    assert module.point([IMAGE, IMAGE], [IMAGE, IMAGE], 512)[0] == 2.0


def test_the_mosaic_of_a_codec_is_cut_into_the_images_again(script: Script) -> None:
    lossy, mosaic = script("lossy"), script("natural_data").mosaic
    images = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(lossy.cut_mosaic([mosaic(images)]), images)
