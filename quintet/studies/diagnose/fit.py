"""Diagnosis of overfitting, instability, blur, calibration and cost."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
import torch

from quintet.errors import QuintetWarning
from quintet.inference.condition_search import explaining_condition
from quintet.inference.likelihood import elbo
from quintet.models.objectives.elbo import ELBO
from quintet.noise import Noise
from quintet.studies.diagnose.finding import Array, Finding, Patient

SOME = 500
LEAST, MANY = 20, 2000
"""Fewest and most rows whose p-values are tested."""


def overfitting(patient: Patient) -> Finding | None:
    """Overfitting: the ELBO of training rows minus that of held-out rows."""
    if patient.train is None:
        return None
    fitted = patient.vae.fitted_
    seen = elbo(fitted, patient.rows(patient.train[:SOME]))
    new = elbo(fitted, patient.rows(patient.held[:SOME]))
    gap = float(seen.mean() - new.mean())
    error = float((seen.var() / len(seen) + new.var() / len(new)).sqrt())
    share = gap / max(abs(float(new.mean())), 1e-9)
    known, unknown = float(seen.mean()), float(new.mean())
    figure = f"ELBO {known:.1f} nats on training rows, {unknown:.1f} on held-out rows: a gap of {gap:.1f} ± {error:.1f}"
    figures = {"train_elbo": float(seen.mean()), "held_elbo": float(new.mean()), "gap": gap}
    if share > 0.1 and gap > 3 * error:
        meaning = "The model overfits: it was trained too long, or is too large for the number of rows."
        note = "or network={'kind': 'mlp', 'hidden': (128,), 'dropout': 0.2}"
        cure = patient.anew(note, training__validation=0.1, training__patience=5)
        return Finding("overfitting", False, figure, meaning, **cure, figures=figures)
    return Finding(
        "overfitting",
        True,
        figure,
        "The ELBO of held-out rows is about as high as that of training rows.",
        figures=figures,
    )


def stability(patient: Patient) -> Finding:
    """Stability: jumps of the loss between epochs, and the range of gradient norms over batches."""
    history = [row for row in patient.vae.history_.rows if row["stage"] == patient.vae.history_.rows[0]["stage"]]
    loss = np.array([row["loss"] for row in history], dtype=float)
    fall = max(float(loss[0] - loss[-1]), 1e-9)
    spikes = int((np.diff(loss) > 0.2 * fall).sum()) if len(loss) > 2 else 0
    norms = gradient_norms(patient)
    wild = float(norms.max() / max(float(np.median(norms)), 1e-12))
    rate = float(patient.training["learning_rate"])
    figure = f"{spikes} jumps of the loss in {len(loss)} epochs; largest gradient {wild:.1f} times the median one"
    figure += f"; learning rate {rate:g}"
    figures = {"spikes": spikes, "gradient_ratio": wild, "gradient_norm": float(np.median(norms))}
    if spikes or wild > 20:
        meaning = "Training steps are too large for some batches."
        clip = float(np.ceil(3 * np.median(norms)))
        cure = patient.anew(training__learning_rate=rate / 3, training__clip=clip, training__warmup=0.05)
        return Finding("instability", False, figure, meaning, **cure, figures=figures)
    return Finding("stability", True, figure, "The loss fell without jumps.", figures=figures)


def gradient_norms(patient: Patient, batches: int = 8, size: int = 64) -> Array:
    """Norms of the ELBO's gradient on batches of held-out rows, in nats; the model is unchanged."""
    fitted = patient.vae.fitted_
    parameters = [p for p in fitted.model.parameters() if p.is_floating_point()]
    before = [p.requires_grad for p in parameters]
    rows, found = patient.rows(patient.held, patient.labels), []
    try:
        for p in parameters:
            p.requires_grad_(True)
        for number in range(batches):
            index = torch.arange(number * size, (number + 1) * size) % len(rows)
            batch = rows.batch(index)
            noise = Noise((patient.seed, 43, number), device=fitted.device)
            draw = fitted.model.draw(batch.x, batch.observed, noise, explaining_condition(fitted, batch))
            loss = ELBO()(batch.x, batch.observed, draw).loss.mean()
            gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
            found.append(torch.stack([g.norm() for g in gradients if g is not None]).norm().item())
    finally:
        for p, flag in zip(parameters, before, strict=True):
            p.requires_grad_(flag)
    return np.array(found)


def blur(patient: Patient) -> Finding | None:
    """Blur: power at high frequencies of reconstructions, relative to the rows."""
    held = patient.held[:200]
    if held.ndim < 3 or min(held.shape[1:3]) < 8:
        return None
    back = np.asarray(patient.vae.reconstruct(held), dtype=float)
    rows = np.where(np.isnan(held), back, held)  # missing cells do not count as detail
    ratio = high_power(back) / max(high_power(rows.astype(float)), 1e-12)
    figure = f"reconstructions have {ratio:.0%} of the rows' power at high frequencies"
    if ratio < 0.3:
        meaning = "Reconstructions lose fine detail."
        whole = patient.vae.latent_dim_
        if patient.size is None or patient.size > whole:
            cure = patient.anew('or variant="perceptual", or "vaegan"', latent_dim=patient.size or 2 * whole)
        else:  # some latents are inactive already
            cure = patient.anew('or "vaegan"', variant="perceptual")
        return Finding("blur", False, figure, meaning, **cure, figures={"high_power": ratio})
    return Finding("sharpness", True, figure, "Reconstructions preserve fine detail.", figures={"high_power": ratio})


def high_power(images: Array) -> float:
    """Mean squared Fourier coefficient above half of the Nyquist frequency, images (n, height, width[, channels])."""
    power = np.abs(np.fft.fft2(images, axes=(1, 2))) ** 2
    down, across = (np.abs(np.fft.fftfreq(n)) for n in images.shape[1:3])
    high = np.hypot(down[:, None], across[None]) > 0.25
    return float(power[:, high].mean())


def calibration(patient: Patient) -> Finding | None:
    """Calibration: whether 5 % of held-out normal rows, without calibration rows, have p ≤ 0.05."""
    if patient.vae.fitted_.artifacts.calibration is None:
        return None
    new = patient.held if patient.calibrates is None else patient.held[~patient.calibrates]
    if len(new) < LEAST:
        figure = f"{len(new)} rows neither trained nor calibrated the model; testing the p-values needs {LEAST}"
        meaning = "Not tested: give more rows that neither trained nor calibrated the model."
        return Finding("calibration", True, figure, meaning)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)  # warnings on decisions, which are not used here
        p = np.asarray(patient.vae.detect(new[:MANY]).p_values)
    return alarms(int((p <= 0.05).sum()), len(p), patient.vae.held_out_)


def alarms(count: int, rows: int, calibration: int) -> Finding:
    """Whether ``count`` normal rows with p ≤ 0.05 out of ``rows`` agree with the binomial distribution.

    Parameters
    ----------
    calibration : number n of calibration rows, which limits the share of p ≤ 0.05 to ⌊0.05 (n + 1)⌋ / (n + 1).
    """
    from scipy.stats import binom

    reach = int(0.05 * (calibration + 1)) / (calibration + 1) if calibration else 0.05
    low, high = binom.ppf(0.025, rows, reach) / rows, binom.ppf(0.975, rows, 0.05) / rows
    share = count / rows
    figure = f"{share:.1%} of {rows} held-out rows have p ≤ 0.05 ({low:.1%} to {high:.1%} is expected)"
    if not low <= share <= high:
        many = "too small" if share > high else "too large"
        meaning = f"p-values are {many}: these rows differ from the calibration rows, or there are too few of those."
        cure = "vae.set_params(calibration=0.2).fit(X)  # X with rows like these"
        return Finding("miscalibration", False, figure, meaning, cure, figures={"alarms": share})
    return Finding("calibration", True, figure, "The p-values are calibrated.", figures={"alarms": share})


def cost(patient: Patient) -> Finding:
    """Cost: seconds of the training stages, and of encoding and decoding a thousand rows."""
    history: dict[str, float] = {}
    for row in patient.vae.history_.rows:
        history[row["stage"]] = history.get(row["stage"], 0.0) + float(row.get("seconds") or 0)
    held = patient.held[: min(1000, len(patient.held))]
    times: dict[str, Any] = {}
    if patient.vae.fitted_.model.has_posterior:
        start = time.perf_counter()
        patient.vae.transform(held)
        times["encode"] = (time.perf_counter() - start) * 1000 / len(held)
    z = np.zeros((len(held), patient.vae.latent_dim_))
    start = time.perf_counter()
    patient.vae.inverse_transform(z)
    times["decode"] = (time.perf_counter() - start) * 1000 / len(held)
    weights = sum(p.numel() for p in patient.vae.fitted_.model.parameters())
    stages = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in history.items())
    thousand = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in times.items())
    figure = f"training: {stages}; a thousand rows: {thousand}; {weights:,} weights"
    return Finding(
        "cost",
        True,
        figure,
        "If this is too slow, try smaller layers or a larger batch first.",
        figures=times,
    )
