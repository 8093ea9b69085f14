"""Everything that is looked at, in the order of a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.errors import InputError
from quintet.studies.diagnose import fit, latents, samples
from quintet.studies.diagnose.finding import Finding, Patient
from quintet.studies.diagnose.trade import trade

if TYPE_CHECKING:
    from quintet.estimators import VAE

LEAST = 20


def diagnose(
    vae: VAE, X: Any, y: Any = None, *, train: Any = None, out: str | Path | None = None, seed: int = 0
) -> list[Finding]:
    """Look a trained model over on held-out rows.

    Parameters
    ----------
    vae : VAE
    X : (n, *row_shape) rows that did not train it, 20 at least.
    y : (n,) labels, for the classes of samples.
    train : rows that trained it, for overfitting and copies.
    out : a folder for the page ``diagnosis.html``.
    seed : of samples and draws.
    """
    held = np.asarray(X)
    if len(held) < LEAST:
        raise InputError(f"{len(held)} rows came; a diagnosis needs at least {LEAST} held-out rows.")
    labels = None if y is None or np.ndim(y) != 1 else np.asarray(y)
    patient = Patient(vae, held, labels, None if train is None else np.asarray(train), seed)
    seen = vae.fitted_.model.has_posterior  # a bare generator shows its samples and no more
    held_codes, curve = (latents.codes(patient), trade(patient)) if seen else (None, None)
    new = np.asarray(vae.generate(min(samples.COUNT, max(200, len(held))), random_state=seed))
    found: list[Finding | None] = []
    if held_codes is not None and curve is not None:
        found += [
            latents.collapse(patient, held_codes, curve),
            latents.size(patient, held_codes, curve),
            latents.aggregate(patient, held_codes),
        ]
    found += [
        samples.coverage(patient, new),
        samples.classes(patient, new),
        samples.copies(patient, new),
        *((fit.overfitting(patient), fit.stability(patient), fit.blur(patient)) if seen else ()),
        fit.calibration(patient),
        fit.cost(patient),
    ]
    findings = [f for f in found if f is not None]
    if out is not None:
        from quintet.studies.diagnose.page import write

        write(patient, findings, curve, new, Path(out))
    return findings
