"""Rate and quality of lossy codes of images: points, curves between them, Bjøntegaard's rate between two curves."""

from __future__ import annotations

from functools import partial

import numpy as np
from common import Array
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter
from tables_common import Figures

RATES = {"half": 0.5, "one": 1.0, "two": 2.0}
"""Bits a pixel by name."""
Point = tuple[float, float, float]
"""Bits a pixel, PSNR in dB, SSIM."""


def ssim(clean: Array, found: Array) -> float:
    """Mean structural similarity of two images (height, width, channels) of 0 to 255."""
    blur = partial(gaussian_filter, sigma=(1.5, 1.5, 0), truncate=3.5)
    x, y = clean.astype(np.float64), found.astype(np.float64)
    mean_x, mean_y, low, high = blur(x), blur(y), (0.01 * 255) ** 2, (0.03 * 255) ** 2
    var_x, var_y, both = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2, blur(x * y) - mean_x * mean_y
    alike = (2 * mean_x * mean_y + low) * (2 * both + high)
    return float((alike / ((mean_x**2 + mean_y**2 + low) * (var_x + var_y + high))).mean())


def point(clean: list[Array], found: list[Array], size: int) -> Point:
    """Rate and quality of images that take ``size`` bytes together."""
    pairs = list(zip(clean, found, strict=True))
    mse = [max(float(np.square(a.astype(np.float64) - b).mean()), 1e-10) for a, b in pairs]
    pixels = sum(image.shape[0] * image.shape[1] for image in clean)
    psnr = float(np.mean(10 * np.log10(255**2 / np.array(mse))))
    return 8 * size / pixels, psnr, float(np.mean([ssim(a, b) for a, b in pairs]))


def envelope(points: list[Point], place: int) -> tuple[Array, Array]:
    """Log rates and qualities (``place`` 1: PSNR, 2: SSIM), both rising; worse points are left out."""
    kept: list[tuple[float, float]] = []
    for each in sorted(points):
        if not kept or (each[place] > kept[-1][1] and each[0] > kept[-1][0]):
            kept.append((each[0], each[place]))
    rates, quality = np.array(kept).T
    return np.log(rates), quality


def at_rates(points: list[Point]) -> Figures:
    """PSNR and SSIM at the three rates, where a system reaches both higher and lower ones."""
    figures = {}
    for place, kind in ((1, "psnr"), (2, "ssim")):
        rates, quality = envelope(points, place)
        for name, rate in RATES.items():
            if rates[0] <= np.log(rate) <= rates[-1]:
                figures[f"{kind}_{name}"] = float(np.interp(np.log(rate), rates, quality))
    return figures


def bjontegaard(ours: list[Point], other: list[Point], place: int) -> float:
    """By how many percent ours is longer at equal quality; NaN where the qualities do not overlap."""
    (rate, quality), (its_rate, its_quality) = envelope(ours, place), envelope(other, place)
    low, high = max(quality[0], its_quality[0]), min(quality[-1], its_quality[-1])
    if low >= high or min(len(rate), len(its_rate)) < 2:
        return float("nan")
    gap = PchipInterpolator(quality, rate).integrate(low, high)
    gap -= PchipInterpolator(its_quality, its_rate).integrate(low, high)
    return float(100 * np.expm1(gap / (high - low)))


def flat(points: list[Point]) -> Figures:
    """Points as figures, which the cache keeps."""
    return {f"{i}_{k}": value for i, each in enumerate(points) for k, value in enumerate(each)}


def points_of(figures: Figures) -> list[Point]:
    """The inverse of ``flat``."""
    return [tuple(figures[f"{i}_{k}"] for k in range(3)) for i in range(len(figures) // 3)]  # type: ignore[misc]
