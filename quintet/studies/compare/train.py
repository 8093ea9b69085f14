"""One run of a study in its own process: training, measurement and result files."""

from __future__ import annotations

import contextlib
import json
import resource
from pathlib import Path
from typing import Any

import numpy as np
import torch

from quintet import variants
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.data.writers.atomic_file import atomic
from quintet.errors import InputError
from quintet.estimators import building
from quintet.models.variant import Variant
from quintet.networks import Mlp
from quintet.studies.compare.measure import measure_joint
from quintet.studies.compare.plan import Run, Study
from quintet.studies.compare.rows import StudyRows
from quintet.training import Training, find_device, fit

Array = np.ndarray[Any, Any]


def prepared(run: Run, rows: StudyRows) -> tuple[Variant, Schema, Array | None]:
    """The variant with the run's reconstruction term if it has that option, the schema, and the labels or None.

    Raises
    ------
    InputError
        The variant cannot take these rows, or needs labels that they lack.
    """
    cls = variants.get(run.variant)
    if cls.conditional and rows.train_labels is None:
        raise InputError(
            f"variant {run.variant!r} needs labels, and these rows have none: give --label, or leave the variant out."
        )
    condition = rows.train_labels if cls.conditional else None
    schema = Schema.infer(rows.train, condition, unlabelled=cls.unlabelled)
    likelihood = "auto" if schema.is_whole else run.likelihood
    if run.likelihood == "bernoulli" and schema.is_standardised:
        likelihood = "normal"
    variant = cls(**(cls.images_by if schema.is_image else {}))
    if refusal := variant.refuses(schema):
        raise InputError(f"The study cannot train {run.variant!r} on these rows: {refusal}")
    with contextlib.suppress(InputError):  # some variants fix their likelihood
        variant = variant.set_params(likelihood=likelihood)
    return variant, schema, condition


def train_run(study: Study, run: Run, rows: StudyRows, folder: Path, minutes: float | None, threads: int) -> None:
    """Train one run and write ``NAME.json`` (figures, history) and ``NAME.npz`` (latents, pictures) into ``folder``."""
    torch.set_num_threads(threads)
    variant, schema, condition = prepared(run, rows)
    recipe = building.build(variant, schema, run.latent_dim, Mlp(study.hidden, activation="relu"), run.seed)
    joint = recipe.without_partial_encoder()
    plan = Training(
        epochs=study.epochs,
        max_minutes=minutes,
        batch_size=min(study.batch_size, max(32, len(rows.train) // 20)),
        learning_rate=study.learning_rate,
        weight_decay=study.weight_decay,
        schedule="constant",
        validation=study.validation,
    )
    checkpoint = folder / f"{run.name}.checkpoint"
    history = fit(
        joint,
        Rows.of(rows.train, schema, condition),
        None,
        plan,
        run.seed,
        checkpoint=checkpoint,
        resume=True,
        device="cpu",
        about={"variant": variant.get_params()},
    )
    fitted = building.freeze(joint, schema, {"variant": run.variant}, find_device("cpu"))
    figures, arrays = measure_joint(fitted, rows, run)
    figures |= {
        "variant": run.variant,
        "latent_dim": run.latent_dim,
        "seed": run.seed,
        "likelihood": run.likelihood,
        "seconds": sum(row["seconds"] for row in history.rows),
        "parameters": sum(p.numel() for p in recipe.model.parameters()),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "settings": study.fingerprint(rows.name),
        "history": history.rows,
    }
    with atomic(folder / f"{run.name}.npz", force=True) as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    with atomic(folder / f"{run.name}.json", force=True) as file:
        file.write(json.dumps(figures).encode())
    checkpoint.unlink(missing_ok=True)
