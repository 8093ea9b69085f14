"""The demo: training on real digits, and the five questions on held-out rows, each with a baseline."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.databases.address import shown
from quintet.data.readers.sources import load_data
from quintet.data.writers.atomic_folder import whole_folder
from quintet.errors import InputError
from quintet.estimators.vae import VAE
from quintet.extras import installed, require
from quintet.studies.demo_questions import QUESTIONS, Line, QuestionContext
from quintet.studies.demo_sound import SOUNDS, write_sounds

Array = np.ndarray[Any, Any]
HELD_OUT = 360
EXPLORED = "explore.html"
"""Name of the page that runs the model in the browser."""


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
    for question in QUESTIONS.values():
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
