"""The function `diagnose`, which runs all checks and writes the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.arguments import File, FittedVAE, Labels, RowsLike, Seed
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.studies.diagnose import fit, latents, samples
from quintet.studies.diagnose.finding import Array, Finding, Patient
from quintet.studies.diagnose.trade import trade

if TYPE_CHECKING:
    from quintet.estimators import VAE

LEAST = 20
SEEN = ("train", "validation")


@public
def diagnose(
    vae: FittedVAE,
    X: RowsLike,
    y: Labels | None = None,
    *,
    train: RowsLike | None = None,
    train_y: Labels | None = None,
    out: File | None = None,
    seed: Seed = 0,
    force: bool = True,
) -> list[Finding]:
    """Diagnose a trained model on rows that are not training rows.

    Parameters
    ----------
    vae : VAE
    X : (n, *row_shape) rows; NaN is a missing cell. Training rows, as far as the model's file identifies them, are left
        out; at least 20 other rows are needed.
    y : (n,) labels, for the classes of samples.
    train, train_y : training rows and their labels, for overfitting and copies; None: the training rows among X.
    out : output folder for the page ``diagnosis.html``.
    seed : seed of samples and posterior draws.
    force : whether files of an earlier diagnosis in ``out`` may be replaced.
    """
    patient, judged = admitted(vae, np.asarray(X), _labels(y), train, _labels(train_y), seed)
    seen = vae.fitted_.model.has_posterior  # a generator without encoder has samples only
    held_codes, curve = (latents.codes(patient), trade(patient)) if seen else (None, None)
    if held_codes is not None:
        patient = replace(patient, size=latents.advised_size(held_codes))
    new = np.asarray(vae.generate(min(samples.COUNT, max(200, len(patient.held))), random_state=seed))
    found: list[Finding | None] = [judged]
    if held_codes is not None and curve is not None:
        found += [
            latents.collapse(patient, held_codes, curve),
            latents.size(patient, held_codes, curve),
            latents.aggregate_posterior_gap(patient, held_codes),
        ]
    found += [
        samples.precision_and_coverage(patient, new),
        samples.classes(patient, new),
        samples.copies(patient, new),
        *((fit.overfitting(patient), fit.stability(patient), fit.blur(patient)) if seen else ()),
        fit.calibration(patient),
        fit.cost(patient),
    ]
    findings = [f for f in found if f is not None]
    if out is not None:
        from quintet.studies.diagnose.page import write_diagnosis

        write_diagnosis(patient, findings, curve, new, Path(out), force)
    return findings


def admitted(
    vae: VAE, rows: Array, labels: Array | None, train: Any, train_labels: Array | None, seed: int
) -> tuple[Patient, Finding]:
    """The model with its held-out rows, and a finding on the origin of all rows."""
    parts = vae.parts_of(rows)
    seen = np.isin(parts, SEEN)
    known = None if train is None else np.asarray(train)
    if known is None and seen.any():
        known, train_labels = rows[seen], None if labels is None else labels[seen]
    elif known is not None and (own := np.isin(vae.parts_of(known), SEEN)).any():
        known, train_labels = known[own], None if train_labels is None else train_labels[own]
    held, judged = rows[~seen], parts[~seen]
    if len(held) < LEAST:
        trained = f" ({int(seen.sum())} of the {len(rows)} rows are training rows)" if seen.any() else ""
        raise InputError(
            f"A diagnosis needs at least {LEAST} rows that are not training rows, got {len(held)}{trained}: give other "
            "rows, or hold some out with quintet fit --holdout 0.2."
        )
    calibrates = judged == "calibration"
    figure = f"{len(held)} rows evaluate the model"
    if (parts == "unknown").any():
        meaning = (
            "The model's file does not identify its training rows; if these are among the rows, figures are optimistic."
        )
    else:
        figure += (
            f"; {int(seen.sum())} of {len(rows)} are training rows and are left out, {int(calibrates.sum())} are "
            "calibration rows"
        )
        meaning = "None of the evaluated rows is known to be a training row."
        if equal := int((judged == "equal").sum()):
            meaning += f" {equal} equal a training row, which can be chance for rows with few distinct values."
    left = None if labels is None else labels[~seen]
    patient = Patient(vae, held, left, known, seed, train_labels, calibrates)
    return patient, Finding("rows", True, figure, meaning)


def _labels(y: Any) -> Array | None:
    return None if y is None or np.ndim(y) != 1 else np.asarray(y)
