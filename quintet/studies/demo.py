"""The demo: training on real digits, and the five questions on held-out rows, each with a baseline."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.databases.address import shown
from quintet.data.readers.letters import draw_letters
from quintet.data.readers.sources import load_data
from quintet.data.writers import save_rows
from quintet.data.writers.atomic_file import atomic
from quintet.data.writers.atomic_folder import whole_folder
from quintet.errors import InputError
from quintet.estimators.vae import VAE
from quintet.evaluate import auroc, frechet_distance, psnr
from quintet.extras import installed, require
from quintet.studies import baselines
from quintet.studies.classifier import Features
from quintet.studies.demo_sound import SOUNDS, write_sounds

Array = np.ndarray[Any, Any]
HELD_OUT = 360
EXPLORED = "explore.html"
"""Name of the page that runs the model in the browser."""
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


def run_demo(
    data: str = "digits",
    out: str | Path = "demo",
    seed: int = 0,
    tell: Callable[[str], None] = lambda text: None,
    verbose: bool = False,
    force: bool = True,
) -> list[Line]:
    """Train, answer the five questions, and write the results; return the lines of the table.

    Parameters
    ----------
    data : "digits", "mnist", or another source of labelled 8-bit images.
    out : folder for the model, the report, a page that runs the model in the browser (with the extra ``onnx``), the
        compressed file, the detections, the pictures and some WAV files. All files are written, or none.
    seed : of all random numbers.
    tell : called with a sentence at each step.
    verbose : show the progress of the training.
    force : whether existing files in ``out`` may be replaced.
    """
    require("report", "The demo")
    with whole_folder(out, force=force) as folder:
        return _shown(data, folder, seed, tell, verbose)


def _shown(data: str, out: Path, seed: int, tell: Callable[[str], None], verbose: bool) -> list[Line]:
    """Train, answer, and write into an existing folder."""
    train, train_labels, held, labels = _digits(data, seed)
    tell(f"Training a VAE on {len(train):,} rows of {shown(data)}; {len(held):,} rows are held out.")
    start = time.perf_counter()
    vae = VAE(random_state=seed, verbose=verbose).fit(train)
    vae.verbose = False  # progress is reported in sentences
    tell(f"Trained in {time.perf_counter() - start:.0f} s. " + " ".join(f"{note}." for note in vae.notes_))
    vae.save(out / "model.safetensors")
    context = QuestionContext(vae, train, train_labels, held, labels, out, seed)
    lines = []
    for question in (compress, generate, denoise, detect, impute):
        lines.append(question(context))
        tell(f"{lines[-1].question}: {lines[-1].done}.")
    tell("Writing the page.")
    _report(context)
    if installed("onnx"):
        tell("Writing the page that runs the model in the browser.")
        _explore(context)
    else:
        tell(f"{EXPLORED} is left out: it needs the extra onnx.")
    tell(write_sounds(out / SOUNDS, seed))
    return lines


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


def _psnr(context: QuestionContext, found: Array, where: Array | None = None) -> float:
    return float(np.mean(psnr(context.held, found, peak=float(context.top), where=where)))


def _flat(rows: Array) -> Array:
    return rows.reshape(len(rows), -1)


def _digits(data: str, seed: int) -> tuple[Array, Array, Array, Array]:
    """Training and held-out rows with their labels: the test split of the source, or a random part."""
    loaded = load_data(data)
    if loaded.y is None or loaded.x.dtype != np.uint8 or loaded.x.ndim != 3:
        raise InputError(f"The demo needs labelled grey 8-bit images, got {data!r}: use 'digits' or 'mnist'.")
    if data == "mnist":
        test = load_data(data, split="test")
        assert test.y is not None
        return loaded.x, loaded.y, test.x[:2000], test.y[:2000]
    order = np.random.default_rng(seed).permutation(len(loaded.x))
    held, rest = order[:HELD_OUT], order[HELD_OUT:]
    return loaded.x[rest], loaded.y[rest], loaded.x[held], loaded.y[held]


def _report(context: QuestionContext) -> None:
    from quintet.report import report

    report(context.vae, context.held, context.labels, out=context.out, train=context.train)


def _explore(context: QuestionContext) -> None:
    from quintet.explore import explore

    title = f"Digits of {context.held.shape[1]}×{context.held.shape[2]} pixels"
    explore(context.vae, context.held, context.labels, context.out / EXPLORED, title=title, random_state=context.seed)
