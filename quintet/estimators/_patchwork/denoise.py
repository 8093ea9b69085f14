"""Denoise a picture: one kind of noise and one rate for all of it, patches blended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.data.patches.grid import Blend
from quintet.data.schema import Array
from quintet.estimators._patchwork.input import in_dtype, patch_chunks, seen_in, tiling_of
from quintet.estimators._patchwork.similar_patches import refined_denoised

SAMPLE = 64
"""Patches that the noise's kind and rate are found on; a patch alone has too few cells for either."""


@dataclass(frozen=True)
class PictureNoise:
    """The noise of a picture: its ``kind``, its ``rate``, and the ``evidence`` for each kind that was tried, in
    nats a patch."""

    kind: str
    rate: float
    evidence: dict[str, float]


def denoise_picture(
    vae: Any, picture: Array, missing: Array | None, overlap: float, noise: str, rate: float | None, **options: Any
) -> tuple[Array, PictureNoise]:
    """The clean picture, (height, width[, channels]) in its own dtype, and the noise."""
    tiling = tiling_of(picture, vae.schema_, overlap)
    found = find_noise(vae, picture, missing, overlap, noise, rate, **options)
    if found.kind in ("none", "unknown") and missing is None:
        return picture.copy(), found
    blend = Blend(picture.shape, tiling)
    for index in patch_chunks(np.arange(len(tiling))):
        cut, holes = seen_in(tiling, picture, missing, index)
        kind = "none" if found.kind == "unknown" else found.kind
        blend.add(index, vae.denoise(cut, kind, rate=found.rate, mask=holes, **options))
    whole = blend.picture()
    if found.kind not in ("none", "unknown") and found.rate > 0:
        whole = refined_denoised(vae.fitted_, picture, missing, whole, found.kind, found.rate)
    clean = in_dtype(whole, picture)
    if missing is not None and found.kind in ("none", "unknown"):
        clean = np.where(missing, clean, picture)
    return clean, found


def find_noise(
    vae: Any, picture: Array, missing: Array | None, overlap: float, noise: str, rate: float | None, **options: Any
) -> PictureNoise:
    """The kind of the noise and its rate over the whole picture.

    The rate is the median over the noisy patches: where the model knows a patch badly, its rate is found too high.
    """
    if rate is not None:
        return PictureNoise(noise, rate, {})
    tiling = tiling_of(picture, vae.schema_, overlap)
    index = np.unique(np.linspace(0, len(tiling) - 1, min(SAMPLE, len(tiling))).round().astype(np.int64))
    cut, holes = seen_in(tiling, picture, missing, index)
    _, report = vae.denoise(cut, noise, mask=holes, return_report=True, **{**options, "effort": "low"})
    rates = report.rates[report.rates > 0].numpy()
    return PictureNoise(report.kind, float(np.median(rates)) if len(rates) else 0.0, dict(report.evidence))
