"""The sections on the model itself: how it learnt, and what it draws."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from quintet.report.figures import closeness, curves, samples, tables
from quintet.report.material import ReportMaterial
from quintet.report.page import Answer, Panel, Section, TextTable


def training(m: ReportMaterial) -> Section:
    """Learning curves, and what each latent came to carry."""
    section = Section(
        "training",
        "How it learnt",
        "The loss has two parts. Distortion is what is left to say about a row once its code is known; rate is what "
        "the code itself says. They are shown apart because either can hide behind their sum.",
    )
    if m.history:
        section.panels.append(
            Panel(
                "learning-curves",
                curves.learning_curves(m.history, palette=m.palette),
                "Distortion and rate, epoch by epoch",
                "Nats per row.",
            )
        )
    if any(row.get("kl_per_latent") for row in m.history):
        section.panels.append(
            Panel(
                "kl-per-latent",
                curves.kl_per_latent(m.activity, palette=m.palette),
                "What each latent carries",
                "Mean KL from posterior to prior; a latent under 0.01 nats says nothing about the row.",
            )
        )
    for stage in list(dict.fromkeys(str(row.get("stage", "")) for row in m.history))[1:]:
        section.panels.append(
            Panel(
                f"stage-{stage}",
                curves.guide_curve(m.history, stage, palette=m.palette),
                f"The later stage “{stage}”",
                "Trained with the model of the rows frozen.",
            )
        )
    return section


def drawing(m: ReportMaterial) -> tuple[Section, Answer]:
    """Reconstructions, new rows by the model's sampler, and how much of the held-out rows they cover."""
    chosen = m.examples((30 if m.pictures else 400) // (2 if m.quick else 1))
    drawn = np.asarray(m.vae.generate(min(len(m.test), 500), random_state=m.seed))
    shown = samples.prior_samples(
        drawn[:48] if m.pictures else drawn, m.test, names=m.features, limits=m.limits, palette=m.palette, ink=m.ink
    )
    real, new, base = (m.comparable(rows) for rows in (m.test[: len(drawn)], drawn, m.known))
    ours = closeness.neighbour_coverage(real, new)
    plain = closeness.neighbour_coverage(real, closeness.gaussian_rows(base, len(drawn), m.seed))
    ceiling = "" if m.train is None else f"; training rows {closeness.neighbour_coverage(real, base[: len(drawn)]):.2f}"
    answer = Answer(
        "Generate",
        f"{len(drawn):,} new rows; coverage is the share of {m.which} rows with a new row near by",
        f"coverage {ours:.2f}",
        f"a Gaussian over cells {plain:.2f}{ceiling}",
    )
    section = Section(
        "generate",
        "Generate",
        "A reconstruction goes through the code and back. A new row starts from nothing but latents drawn at random.",
        [
            Panel(
                "reconstructions",
                samples.reconstructions(m.test[chosen], m.reconstructed[chosen], limits=m.limits, palette=m.palette),
                f"{m.which.capitalize()} rows and their reconstructions",
                wide=m.pictures,
            ),
            *([] if m.pictures else [_by_feature(m)]),
            Panel("prior-samples", shown, "New rows", wide=True),
        ],
    )
    if m.conditions and m.pictures:
        section.panels.append(_by_condition(m))
    return section, answer


def spoken_condition(condition: Mapping[str, Any]) -> str:
    """A condition in words: 7, or sex Female, age 30."""
    values = [_spoken(value) for value in condition.values()]
    if len(values) == 1:
        return values[0]
    return ", ".join(f"{name} {value}" for name, value in zip(condition, values, strict=True))


def _spoken(value: Any) -> str:
    if np.ndim(value):
        return "an image"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _by_condition(m: ReportMaterial) -> Panel:
    """A line of samples for each condition."""
    known = sorted(m.conditions[:10], key=lambda c: tuple(map(str, c.values())))
    rows = np.stack([np.asarray(m.vae.generate(11, condition=c, random_state=m.seed)) for c in known])
    figure = samples.by_condition(rows, [spoken_condition(c) for c in known], m.limits, m.ink)
    return Panel("conditional-samples", figure, "New rows on request", "Each line under its own condition.", wide=True)


def _by_feature(m: ReportMaterial) -> TextTable:
    """How well single features of a table come back, the worst first."""
    gap = ((m.comparable(m.reconstructed) - m.comparable(m.test)) ** 2).mean(0)
    spread = m.comparable(m.test).var(0)
    r2 = 1 - gap / np.where(spread > 0, spread, np.inf)
    names = tables.short_names(len(r2), m.features)
    worst = np.argsort(r2, kind="stable")[:12]
    words = "The share of a feature’s variance that comes back from the code; the worst first."
    return TextTable("Feature by feature", ("feature", "R²"), [(names[i], f"{r2[i]:.2f}") for i in worst], words)
