"""The five questions for each variant, answered by ``VAE`` at the middle latent dimension."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from quintet import variants
from quintet.data.writers.atomic_file import atomic
from quintet.estimators.vae import VAE
from quintet.studies.compare.plan import Study
from quintet.studies.compare.rows import StudyRows
from quintet.studies.demo_questions import QUESTIONS, QuestionContext

HELD_ROWS, TRAIN_ROWS = 500, 20_000


def ask_all(study: Study, rows: StudyRows, folder: Path, began: float, tell: Callable[[str], None]) -> None:
    """Train and evaluate each variant without results; write its figures to ``answers-VARIANT.json``."""
    left = [v for v in study.variants if not _done(folder / f"answers-{v}.json", study, rows)]
    for place, variant in enumerate(left):
        minutes = None
        if study.minutes is not None:
            spent = (time.perf_counter() - began) / 60
            minutes = max(0.1, 0.6 * (study.minutes - spent) / (len(left) - place))
        figures = ask(study, variant, rows, minutes) | {"settings": _settings(study, rows)}
        with atomic(folder / f"answers-{variant}.json", force=True) as file:
            file.write(json.dumps(figures).encode())
        tell(f"The five answers of {variant}: {place + 1} of {len(left)}.")


def ask(study: Study, variant: str, rows: StudyRows, minutes: float | None = None) -> dict[str, Any]:
    """Map each question to its metric, unit and baseline, or to the reason that the variant cannot answer it."""
    cls = variants.get(variant)
    if cls.conditional and rows.train_labels is None:
        return {question: {"cannot": "the rows have no labels."} for question in QUESTIONS}
    train, labels = rows.raw_train[:TRAIN_ROWS], None if rows.train_labels is None else rows.train_labels[:TRAIN_ROWS]
    vae = VAE(cls(**cls.images_by), latent_dim=study.middle, max_minutes=minutes, random_state=0)
    vae.fit(train, labels)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as out:
        none = np.zeros(0)  # questions that need labels are skipped
        held = rows.raw_held[:HELD_ROWS]
        context = QuestionContext(
            vae, train, none if labels is None else labels, held, none if labels is None else labels, Path(out), 0
        )
        for question, answer in QUESTIONS.items():
            if question in cls.answers:
                found[question] = {"cannot": cls.answers[question]}
            elif question == "generate" and labels is None:
                found[question] = {"cannot": "the metric needs a classifier, and the rows have no labels."}
            else:
                line = answer(context)
                found[question] = {
                    "figure": line.figure,
                    "unit": line.unit,
                    "baseline": line.baseline,
                    "baseline_figure": line.baseline_figure,
                }
    return found


def _settings(study: Study, rows: StudyRows) -> str:
    """A fingerprint of all settings of the answers, with the latent dimension."""
    return f"{study.fingerprint(rows.name)} {study.middle}"


def _done(path: Path, study: Study, rows: StudyRows) -> bool:
    try:
        return bool(json.loads(path.read_bytes())["settings"] == _settings(study, rows))
    except (OSError, ValueError, KeyError):
        return False
