"""The demo: train on real digits, ask all five questions of held-out rows, set each beside a plain baseline."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.readers.letters import draw_letters
from quintet.data.readers.sources import load_data
from quintet.data.writers import save_rows
from quintet.data.writers.atomic_file import atomic
from quintet.data.writers.atomic_folder import whole_folder
from quintet.errors import InputError
from quintet.estimators.vae import VAE
from quintet.evaluate import auroc, frechet_distance, psnr
from quintet.extras import require
from quintet.studies import baselines
from quintet.studies.classifier import Features

Array = np.ndarray[Any, Any]
HELD_OUT = 360
NOISE, MISSING = 0.1, 0.5


@dataclass(frozen=True)
class Line:
    """A line of the demo's table."""

    question: str
    done: str
    unit: str
    figure: float
    baseline: str
    baseline_figure: float
    lower_is_better: bool = False


@dataclass(frozen=True)
class QuestionContext:
    """What the questions share."""

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


def run_demo(
    data: str = "digits",
    out: str | Path = "demo",
    seed: int = 0,
    tell: Callable[[str], None] = lambda text: None,
    verbose: bool = False,
    force: bool = True,
) -> list[Line]:
    """Train, ask, write; the table's lines.

    Parameters
    ----------
    data : "digits", "mnist", or another source of labelled 8-bit images.
    out : folder for the model, the report, the compressed file, the detections and the pictures. All files appear at
        the end, or none.
    seed : of everything.
    tell : told each step in a sentence.
    verbose : show the progress of the training.
    force : whether files that are in ``out`` may be replaced.
    """
    require("report", "The demo")
    with whole_folder(out, force=force) as folder:
        return _shown(data, folder, seed, tell, verbose)


def _shown(data: str, out: Path, seed: int, tell: Callable[[str], None], verbose: bool) -> list[Line]:
    """Train, ask, and write into a folder that is there."""
    train, train_labels, held, labels = _digits(data, seed)
    tell(f"Training one VAE on {len(train):,} rows of {data}; {len(held):,} others are held out.")
    start = time.perf_counter()
    vae = VAE(random_state=seed, verbose=verbose).fit(train)
    vae.verbose = False  # each answer is told in a sentence of its own
    tell(f"Trained in {time.perf_counter() - start:.0f} s. " + " ".join(f"{note}." for note in vae.notes_))
    vae.save(out / "model.safetensors")
    asked = QuestionContext(vae, train, train_labels, held, labels, out, seed)
    lines = []
    for question in (compress, generate, denoise, detect, impute):
        lines.append(question(asked))
        tell(f"{lines[-1].question}: {lines[-1].done}.")
    tell("Writing the page.")
    _report(asked)
    return lines


def compress(asked: QuestionContext) -> Line:
    """All held-out rows into one file and back."""
    blob = asked.vae.compress(asked.held)
    if not np.array_equal(asked.vae.decompress(blob), asked.held):
        raise AssertionError("decompression did not give the rows back; this is a fault in quintet")
    with atomic(asked.out / "digits.qnt", force=True) as file:
        file.write(blob)
    bits, xz = (8 * size / asked.held.size for size in (len(blob), baselines.xz_bytes(asked.held)))
    done = f"{len(asked.held)} digits in {len(blob):,} bytes, decoded bit for bit"
    return Line("compress", done, "bits a pixel", bits, "xz -9e", xz, lower_is_better=True)


def generate(asked: QuestionContext) -> Line:
    """New digits, beside rows whose pixels are drawn one by one."""
    count = max(1000, len(asked.held))
    new = asked.vae.generate(count, random_state=asked.seed)
    save_rows(asked.out / "generated.png", new[:64], levels=asked.top + 1, force=True)
    features = Features(_flat(asked.train), asked.train_labels, float(asked.top), asked.seed)
    real = features(_flat(asked.held))
    ours = frechet_distance(features(_flat(new)), real)
    apart = frechet_distance(features(baselines.independent_cells(_flat(asked.train), count, asked.seed)), real)
    return Line("generate", f"{count} new digits", "Fréchet distance", ours, "pixels one by one", apart, True)


def denoise(asked: QuestionContext) -> Line:
    """A share of the pixels replaced by uniform values; neither kind nor rate is told."""
    rng = np.random.default_rng(asked.seed + 1)
    hit = rng.random(asked.held.shape) < NOISE
    noisy = np.where(hit, rng.integers(0, asked.top + 1, asked.held.shape), asked.held).astype(np.uint8)
    clean = asked.vae.denoise(noisy)
    save_rows(asked.out / "noisy.png", noisy[:32], levels=asked.top + 1, force=True)
    save_rows(asked.out / "denoised.png", clean[:32], levels=asked.top + 1, force=True)
    done = f"{NOISE:.0%} of the pixels replaced, kind and rate found"
    ours, median = (_psnr(asked, found) for found in (clean, baselines.median_filter(noisy)))
    return Line("denoise", done, "dB", ours, "median 3x3", median)


def detect(asked: QuestionContext) -> Line:
    """Letters among digits."""
    side = asked.held.shape[1]
    letters, _ = draw_letters(side)
    scaled = np.rint(letters * (asked.top / max(1, int(letters.max())))).astype(np.uint8)
    rows = np.concatenate([asked.held, scaled])
    strange = np.repeat([0, 1], [len(asked.held), len(scaled)])
    found = asked.vae.detect(rows)
    table = np.column_stack([found.scores, found.p_values, found.is_anomaly, strange])
    names = ["score", "p_value", "is_anomaly", "is_letter"]
    save_rows(asked.out / "detections.csv", table, names=names, force=True)
    caught = int(np.asarray(found.is_anomaly)[strange == 1].sum())
    nearest = baselines.neighbour_distance(_flat(asked.train), _flat(rows))
    done = f"{len(scaled)} letters among {len(asked.held)} digits, {caught} called at 5 % false discoveries"
    return Line("detect", done, "AUROC", auroc(strange, found.scores), "5 nearest rows", auroc(strange, nearest))


def impute(asked: QuestionContext) -> Line:
    """Half of the pixels missing at random."""
    mask = np.less(np.random.default_rng(asked.seed + 2).random(asked.held.shape), MISSING)
    filled = asked.vae.impute(asked.held, mask=mask)
    grey = np.where(mask, asked.top // 2, asked.held)[:32].astype(np.uint8)
    save_rows(asked.out / "masked.png", grey, levels=asked.top + 1, force=True)
    save_rows(asked.out / "imputed.png", filled[:32], levels=asked.top + 1, force=True)
    near = baselines.nearest_rows(_flat(asked.train), _flat(asked.held), mask.reshape(len(mask), -1))
    ours, theirs = (_psnr(asked, found, mask) for found in (filled, near.reshape(asked.held.shape)))
    return Line("impute", f"{MISSING:.0%} of the pixels missing", "dB", ours, "10 nearest rows", theirs)


def _psnr(asked: QuestionContext, found: Array, where: Array | None = None) -> float:
    return float(np.mean(psnr(asked.held, found, peak=float(asked.top), where=where)))


def _flat(rows: Array) -> Array:
    return rows.reshape(len(rows), -1)


def _digits(data: str, seed: int) -> tuple[Array, Array, Array, Array]:
    """Training rows and held-out rows with their labels: the source's own test split, or a part drawn by the seed."""
    loaded = load_data(data)
    if loaded.y is None or loaded.x.dtype != np.uint8 or loaded.x.ndim != 3:
        raise InputError(f"The demo takes labelled grey 8-bit images; {data!r} has none: use 'digits' or 'mnist'.")
    if data == "mnist":
        test = load_data(data, split="test")
        assert test.y is not None
        return loaded.x, loaded.y, test.x[:2000], test.y[:2000]
    order = np.random.default_rng(seed).permutation(len(loaded.x))
    held, rest = order[:HELD_OUT], order[HELD_OUT:]
    return loaded.x[rest], loaded.y[rest], loaded.x[held], loaded.y[held]


def _report(asked: QuestionContext) -> None:
    from quintet.report import report

    report(asked.vae, asked.held, asked.labels, out=asked.out, train=asked.train)
