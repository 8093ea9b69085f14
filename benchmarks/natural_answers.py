"""Our answers on colour images: a question's figures of one model. The questions need the public API alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from common import Array, psnr_rows
from natural_data import NOISES, cells, missing_pixels, pasted, photograph_patches, tenths
from natural_features import Distances
from tables_common import Figures
from tables_compress import shuffled_bits

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.evaluate import auroc
from quintet.tasks.compress import describe_file


@dataclass
class Case:
    """What the questions share: the images, and what was made of them by the seed."""

    train: Array
    asked: Array
    seed: int
    distances: Distances | None = None
    noisy: dict[str, Array] = field(init=False)
    missing: dict[str, Array] = field(init=False)

    def __post_init__(self) -> None:
        self.noisy = {name: noise(self.asked, self.seed + 1) for name, noise in NOISES.items()}
        self.missing = missing_pixels(len(self.asked), self.seed + 2)
        self.photographs = photograph_patches(len(self.asked), self.seed + 3)
        self.pasted, self.where = pasted(self.asked, self.seed + 4)
        self.tenths = tenths(len(self.asked), self.seed + 5)

    def detection(self, clean: Array, photographs: Array, changed: Array) -> Figures:
        """AUROC of the photographs' patches, and of pasted patches in a tenth of the images, mean over the tenths."""
        strange = np.repeat([0, 1], [len(clean), len(photographs)])
        by_tenth = [auroc(part.astype(int), np.where(part, changed, clean)) for part in self.tenths]
        return {
            "photographs": auroc(strange, np.concatenate([clean, photographs])),
            "pasted": float(np.mean(by_tenth)),
        }

    def pixels(self, heat: Array) -> float:
        """AUROC of the pasted pixels within an image by a map (n, 32, 32), mean over the images."""
        return float(np.mean([auroc(w.ravel().astype(int), h.ravel()) for w, h in zip(self.where, heat, strict=True)]))


def timed(ask: Callable[[], Any]) -> tuple[Any, float]:
    """An answer and its seconds."""
    began = time.perf_counter()
    return ask(), time.perf_counter() - began


def compress(vae: VAE, case: Case) -> Figures:
    """Bits a cell of one file of the asked images, with everything in it; they come back as they were."""
    rows, n = case.asked, len(case.asked)
    blob, packing = timed(lambda: vae.compress(rows))
    back, unpacking = timed(lambda: vae.decompress(blob))
    if not (np.array_equal(back, rows) and back.dtype == rows.dtype):
        raise AssertionError("decompress must give the images back, got others.")
    encoded = Rows.of(rows, vae.schema_)
    return {
        "bits": 8 * len(blob) / rows.size,
        "by_model": describe_file(blob, vae.fitted_).ledger.rows / n,
        "shuffled": shuffled_bits(vae, encoded, case.seed, batch_rows=50) / rows[0].size,
        "rows_per_s": n / packing,
        "unpacked_per_s": n / unpacking,
    }


def denoise(vae: VAE, case: Case) -> Figures:
    """PSNR in dB under each noise, of which the model knows neither kind nor rate."""
    figures, seconds = {}, 0.0
    for name, noisy in case.noisy.items():
        (clean, report), spent = timed(lambda noisy=noisy: vae.denoise(noisy, return_report=True))
        seconds += spent
        figures[name] = psnr_rows(case.asked, clean)
        figures[f"{name}_kind_found"] = float(report.kind == name.rstrip("0123456789"))
    return figures | {"rows_per_s": len(case.noisy) * len(case.asked) / seconds}


def impute(vae: VAE, case: Case) -> Figures:
    """PSNR in dB of the missing cells."""
    figures, seconds = {}, 0.0
    for name, mask in case.missing.items():
        filled, spent = timed(lambda mask=mask: vae.impute(case.asked, mask=cells(mask)))
        seconds += spent
        figures[name] = psnr_rows(case.asked, filled, cells(mask))
    return figures | {"rows_per_s": len(case.missing) * len(case.asked) / seconds}


def detect(vae: VAE, case: Case) -> Figures:
    """AUROC of images by the scores and of pixels by ``regions``; the share of untouched images with p <= .05."""
    sets = (case.asked, case.photographs, case.pasted)
    found, seconds = timed(lambda: [vae.detect(rows) for rows in sets])
    figures = case.detection(*(each.scores for each in found))
    figures["pixels"] = case.pixels(found[-1].regions())
    figures["alarms5"] = float((found[0].p_values <= 0.05).mean())
    return figures | {"rows_per_s": sum(map(len, sets)) / seconds}


def generate(vae: VAE, case: Case) -> Figures:
    """Fréchet distances to the asked images, and high-frequency energy as a share of theirs."""
    assert case.distances is not None
    samples, seconds = timed(lambda: vae.generate(len(case.asked), random_state=case.seed))
    return case.distances(samples) | {"rows_per_s": len(samples) / seconds}
