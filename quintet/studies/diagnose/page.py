"""The page of a diagnosis: findings, then their figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quintet._version import __version__
from quintet.report.figures.canvas import HALF, plot, styled
from quintet.report.figures.curves import kl_per_latent, learning_curves
from quintet.report.figures.images import drawn_in_ink, is_picture, value_range
from quintet.report.figures.palettes import get_palette
from quintet.report.figures.samples import prior_samples
from quintet.report.page import Page, Panel, Section, write_page
from quintet.studies.diagnose.finding import Array, Finding, Patient
from quintet.studies.diagnose.trade import Trade

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_diagnosis(
    patient: Patient, findings: list[Finding], curve: Trade | None, new: Array, out: Path, force: bool
) -> Path:
    """Write ``out/diagnosis.html`` and its figures."""
    ill = [f for f in findings if not f.healthy]
    words = ", ".join(f.name for f in ill) if ill else "nothing"
    size = patient.vae.latent_dim_
    page = Page(
        title="Diagnosis",
        lead=f"A model of the kind “{patient.variant}” with {size} latents, evaluated on {len(patient.held):,} "
        "held-out "
        f"rows. Problems: {words}.",
        answers=[],
        sections=[*map(_ill, ill), _well([f for f in findings if f.healthy]), _figures(patient, findings, curve, new)],
        facts=[("variant", patient.variant), ("latents", str(size)), ("problems", str(len(ill)))],
        foot=f"quintet {__version__}",
    )
    return write_page(page, out, "diagnosis.html", force=force)


def _ill(finding: Finding) -> Section:
    title = finding.name[:1].upper() + finding.name[1:]
    lead = f"{finding.figure[:1].upper()}{finding.figure[1:]}. {finding.meaning}"
    notes = [f"Try: {finding.cure}"] + ([f"Or: {finding.command}"] if finding.command else [])
    return Section(finding.name.replace(" ", "-"), title, lead, notes=notes)


def _well(findings: list[Finding]) -> Section:
    notes = [f"{f.name[:1].upper()}{f.name[1:]}: {f.figure}. {f.meaning}" for f in findings]
    return Section("well", "No problems found", notes=notes)


def _figures(patient: Patient, findings: list[Finding], curve: Trade | None, new: Array) -> Section:
    section = Section("figures", "Figures")
    for variance in (f.figures["variance_of_means"] for f in findings if "variance_of_means" in f.figures):
        section.panels.append(Panel("variances", usage(variance), "Variance of the posterior means per latent"))
    if curve is not None:
        words = "Rate and distortion of the most used latents, with the other latents at their means."
        section.panels.append(Panel("rate-distortion", traded(curve), "Rate and distortion", words))
        if curve.kl.max() > 0:
            section.panels.append(Panel("kl", kl_per_latent(curve.kl), "KL of each latent"))
    if patient.vae.history_.rows:
        section.panels.append(Panel("learning", learning_curves(patient.vae.history_.rows), "Training"))
    if is_picture(patient.held.shape[1:]):
        limits, ink = value_range(patient.held), drawn_in_ink(patient.held)
        section.panels.append(Panel("samples", prior_samples(new[:36], limits=limits, ink=ink), "Samples", wide=True))
    return section


@styled
def traded(curve: Trade) -> Figure:
    """Distortion against the rate of the first latents, or against their number if the model has no rate."""
    figure, axes = plot(HALF, 3.0)
    paid = bool(curve.rate[-1] > 0)
    across = curve.rate if paid else curve.kept
    axes.plot(across, curve.distortion, "o-", ms=3, color=get_palette().test)
    for index in sorted({0, int(np.argmax(curve.kept >= curve.enough)), len(across) - 1}):
        label = f"{curve.kept[index]} latents"
        axes.annotate(label, (across[index], curve.distortion[index]), (4, 5), textcoords="offset points", fontsize=8)
    axes.set_xlabel("rate of the latents used, nats per row" if paid else "latents used")
    axes.set_ylabel("distortion, nats per row")
    return figure


@styled
def usage(variance: Sequence[float]) -> Figure:
    """Bar chart of the variance of the posterior means for each latent, in descending order."""
    figure, axes = plot(HALF, 3.0)
    order = sorted(variance, reverse=True)
    axes.bar(range(1, len(order) + 1), order, color=get_palette().test)
    axes.axhline(1.0, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.set_xlabel("latents, most used first")
    axes.set_ylabel("variance of the means")
    return figure
