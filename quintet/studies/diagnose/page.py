"""The page of a diagnosis: findings first, then the figures that they rest on."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from quintet import __version__
from quintet.report.canvas import HALF, plot, styled
from quintet.report.curves import learning_curves
from quintet.report.images import drawn_in_ink, is_picture, value_range
from quintet.report.page import Page, Panel, Section, write_page
from quintet.report.palettes import get_palette
from quintet.report.samples import prior_samples
from quintet.studies.diagnose.finding import Array, Finding, Patient
from quintet.studies.diagnose.latents import Codes


def write(patient: Patient, findings: list[Finding], held: Codes, new: Array, out: Path) -> Path:
    """``out/diagnosis.html`` and its figures."""
    ill = [f for f in findings if not f.healthy]
    words = ", ".join(f.name for f in ill) if ill else "nothing"
    size = patient.vae.latent_dim_
    page = Page(
        title="Diagnosis",
        lead=f"A model of the kind “{patient.variant}” with {size} latents, judged on {len(patient.held):,} held-out "
        f"rows. To mend: {words}.",
        answers=[],
        sections=[*map(_ill, ill), _well([f for f in findings if f.healthy]), _figures(patient, held, new)],
        facts=[("variant", patient.variant), ("latents", str(size)), ("to mend", str(len(ill)))],
        foot=f"quintet {__version__}",
    )
    return write_page(page, out, "diagnosis.html")


def _ill(finding: Finding) -> Section:
    title = finding.name[:1].upper() + finding.name[1:]
    lead = f"{finding.figure[:1].upper()}{finding.figure[1:]}. {finding.meaning}"
    return Section(finding.name.replace(" ", "-"), title, lead, notes=[f"Try: {finding.cure}"])


def _well(findings: list[Finding]) -> Section:
    notes = [f"{f.name[:1].upper()}{f.name[1:]}: {f.figure}. {f.meaning}" for f in findings]
    return Section("well", "What is well", notes=notes)


def _figures(patient: Patient, held: Codes, new: Array) -> Section:
    section = Section("figures", "What the findings rest on")
    section.panels.append(Panel("variances", usage(held.mean.var(axis=0)), "How much each latent is used"))
    if patient.vae.history_.rows:
        section.panels.append(Panel("learning", learning_curves(patient.vae.history_.rows), "Training"))
    if is_picture(patient.held.shape[1:]):
        limits, ink = value_range(patient.held), drawn_in_ink(patient.held)
        section.panels.append(Panel("samples", prior_samples(new[:36], limits=limits, ink=ink), "Samples", wide=True))
    return section


@styled
def usage(variance: Array) -> Figure:
    """Variance of the posterior's means over rows, a bar for each latent, the most used first."""
    figure, axes = plot(HALF, 3.0)
    order = sorted(variance.tolist(), reverse=True)
    axes.bar(range(1, len(order) + 1), order, color=get_palette().test)
    axes.axhline(1.0, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.set_xlabel("latents, most used first")
    axes.set_ylabel("variance of the means")
    return figure
