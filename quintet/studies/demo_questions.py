"""The five questions of the demo on held-out rows, each with a baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.readers.letters import draw_letters
from quintet.data.writers import save_rows
from quintet.data.writers.atomic_file import atomic
from quintet.estimators.vae import VAE
from quintet.evaluate import auroc, frechet_distance, psnr
from quintet.studies import baselines
from quintet.studies.classifier import Features

Array = np.ndarray[Any, Any]
NOISE, MISSING = 0.1, 0.5


@dataclass(frozen=True)
class Line:
    """A line of the demo's table: question, task, metric, and the metric of a baseline."""

    question: str
    done: str
    unit: str
    figure: float
    baseline: str
    baseline_figure: float
    lower_is_better: bool = False


@dataclass(frozen=True)
class QuestionContext:
    """Model, rows and output folder that the questions share."""

    vae: VAE
    train: Array
    train_labels: Array
    held: Array
    labels: Array
    out: Path
    seed: int

    @property
    def top(self) -> int:
        """The largest level of a pixel."""
        return self.vae.schema_.levels - 1


def compress(context: QuestionContext) -> Line:
    """Compress all held-out rows into one file, and decode it."""
    blob = context.vae.compress(context.held)
    if not np.array_equal(context.vae.decompress(blob), context.held):
        raise AssertionError("decompression did not restore the rows: this is a bug in quintet")
    with atomic(context.out / "digits.qnt", force=True) as file:
        file.write(blob)
    bits, xz = (8 * size / context.held.size for size in (len(blob), baselines.xz_bytes(context.held)))
    done = f"{len(context.held)} digits in {len(blob):,} bytes, decoded losslessly"
    return Line("compress", done, "bits per pixel", bits, "xz -9e", xz, lower_is_better=True)


def generate(context: QuestionContext) -> Line:
    """Generate digits; the baseline samples pixels independently."""
    count = max(1000, len(context.held))
    new = context.vae.generate(count, random_state=context.seed)
    save_rows(context.out / "generated.png", new[:64], levels=context.top + 1, force=True)
    features = Features(_flat(context.train), context.train_labels, float(context.top), context.seed)
    real = features(_flat(context.held))
    ours = frechet_distance(features(_flat(new)), real)
    apart = frechet_distance(features(baselines.independent_cells(_flat(context.train), count, context.seed)), real)
    return Line("generate", f"{count} new digits", "Fréchet distance", ours, "independent pixels", apart, True)


def denoise(context: QuestionContext) -> Line:
    """Denoise rows with a share of pixels replaced by uniform values, kind and rate unknown."""
    rng = np.random.default_rng(context.seed + 1)
    hit = rng.random(context.held.shape) < NOISE
    noisy = np.where(hit, rng.integers(0, context.top + 1, context.held.shape), context.held).astype(np.uint8)
    clean = context.vae.denoise(noisy)
    save_rows(context.out / "noisy.png", noisy[:32], levels=context.top + 1, force=True)
    save_rows(context.out / "denoised.png", clean[:32], levels=context.top + 1, force=True)
    done = f"{NOISE:.0%} of the pixels replaced, kind and rate estimated"
    ours, median = (_psnr(context, found) for found in (clean, baselines.median_filter(noisy)))
    return Line("denoise", done, "dB", ours, "median 3x3", median)


def detect(context: QuestionContext) -> Line:
    """Detect letters among digits."""
    side = context.held.shape[1]
    letters, _ = draw_letters(side)
    scaled = np.rint(letters * (context.top / max(1, int(letters.max())))).astype(np.uint8)
    rows = np.concatenate([context.held, scaled])
    strange = np.repeat([0, 1], [len(context.held), len(scaled)])
    found = context.vae.detect(rows)
    table = np.column_stack([found.scores, found.p_values, found.is_anomaly, strange])
    names = ["score", "p_value", "is_anomaly", "is_letter"]
    save_rows(context.out / "detections.csv", table, names=names, force=True)
    caught = int(np.asarray(found.is_anomaly)[strange == 1].sum())
    nearest = baselines.neighbour_distance(_flat(context.train), _flat(rows))
    done = f"{len(scaled)} letters among {len(context.held)} digits, {caught} flagged at a false discovery rate of 5 %"
    return Line("detect", done, "AUROC", auroc(strange, found.scores), "5 nearest rows", auroc(strange, nearest))


def impute(context: QuestionContext) -> Line:
    """Impute half of the pixels, missing at random."""
    mask = np.less(np.random.default_rng(context.seed + 2).random(context.held.shape), MISSING)
    filled = context.vae.impute(context.held, mask=mask)
    grey = np.where(mask, context.top // 2, context.held)[:32].astype(np.uint8)
    save_rows(context.out / "masked.png", grey, levels=context.top + 1, force=True)
    save_rows(context.out / "imputed.png", filled[:32], levels=context.top + 1, force=True)
    near = baselines.nearest_rows(_flat(context.train), _flat(context.held), mask.reshape(len(mask), -1))
    ours, theirs = (_psnr(context, found, mask) for found in (filled, near.reshape(context.held.shape)))
    return Line("impute", f"{MISSING:.0%} of the pixels missing", "dB", ours, "10 nearest rows", theirs)


QUESTIONS: Mapping[str, Callable[[QuestionContext], Line]] = {
    "compress": compress,
    "generate": generate,
    "denoise": denoise,
    "detect": detect,
    "impute": impute,
}


def _psnr(context: QuestionContext, found: Array, where: Array | None = None) -> float:
    return float(np.mean(psnr(context.held, found, peak=float(context.top), where=where)))


def _flat(rows: Array) -> Array:
    return rows.reshape(len(rows), -1)
