"""The sections on training and on generated rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from quintet.report.figures import closeness, curves, features, samples
from quintet.report.material import ReportMaterial
from quintet.report.page import Answer, Panel, Section, TextTable


def training(m: ReportMaterial) -> Section:
    """Training: learning curves and KL per latent."""
    section = Section(
        "training",
        "Training",
        "The loss is the sum of two terms: distortion −log p(x|z), the cost of a row given its code, and rate "
        "KL(q‖p), the "
        "cost of the code.",
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
                "KL per latent",
                "Mean KL of the posterior from the prior; latents below 0.01 nats carry no information.",
            )
        )
    for stage in list(dict.fromkeys(str(row.get("stage", "")) for row in m.history))[1:]:
        section.panels.append(
            Panel(
                f"stage-{stage}",
                curves.guide_curve(m.history, stage, palette=m.palette),
                f"The later stage “{stage}”",
                "Trained with the weights of the generative model fixed.",
            )
        )
    return section


def drawing(m: ReportMaterial) -> tuple[Section, Answer]:
    """Generation: reconstructions, new rows, and their coverage of the held-out rows."""
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
        f"{len(drawn):,} new rows; coverage is the share of {m.which} rows with a new row among their neighbours",
        f"coverage {ours:.2f}",
        f"a Gaussian over cells {plain:.2f}{ceiling}",
    )
    section = Section(
        "generate",
        "Generate",
        "A reconstruction is decoded from the code of a row. A new row is decoded from random latents.",
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


def format_condition(condition: Mapping[str, Any]) -> str:
    """Format a condition: 7, or sex Female, age 30."""
    values = [_format_value(value) for value in condition.values()]
    if len(values) == 1:
        return values[0]
    return ", ".join(f"{name} {value}" for name, value in zip(condition, values, strict=True))


def _format_value(value: Any) -> str:
    if np.ndim(value):
        return "an image"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _by_condition(m: ReportMaterial) -> Panel:
    """One line of samples per condition."""
    known = sorted(m.conditions[:10], key=lambda c: tuple(map(str, c.values())))
    rows = np.stack([np.asarray(m.vae.generate(11, condition=c, random_state=m.seed)) for c in known])
    figure = samples.by_condition(rows, [format_condition(c) for c in known], m.limits, m.ink)
    return Panel("conditional-samples", figure, "New rows by condition", "One condition per line.", wide=True)


def _by_feature(m: ReportMaterial) -> TextTable:
    """R² of the reconstruction for each feature of a table, the lowest first."""
    gap = ((m.comparable(m.reconstructed) - m.comparable(m.test)) ** 2).mean(0)
    spread = m.comparable(m.test).var(0)
    r2 = 1 - gap / np.where(spread > 0, spread, np.inf)
    names = features.short_names(len(r2), m.features)
    worst = np.argsort(r2, kind="stable")[:12]
    words = "Share of each feature’s variance that the reconstruction explains; the lowest first."
    return TextTable("Reconstruction by feature", ("feature", "R²"), [(names[i], f"{r2[i]:.2f}") for i in worst], words)
