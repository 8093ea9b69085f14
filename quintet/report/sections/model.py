"""The section on generated rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from quintet.report import figure_choice
from quintet.report.figures import closeness, features, samples, series
from quintet.report.material import Array, ReportMaterial
from quintet.report.page import Answer, Panel, Section, TextTable


def drawing(m: ReportMaterial) -> tuple[Section, Answer]:
    """Generation: reconstructions, new rows, and their coverage of the held-out rows."""
    chosen = m.examples((30 if m.pictures else 400) // (2 if m.quick else 1))
    drawn = np.asarray(m.vae.generate(min(len(m.test), 500), random_state=m.seed))
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
        [_reconstructed(m, chosen), *([] if m.pictures else [_by_cell(m)]), *_new_rows(m, drawn, ours)],
    )
    if m.conditions and m.pictures:
        section.panels.append(_by_condition(m))
    return section, answer


def _reconstructed(m: ReportMaterial, chosen: Array) -> Panel:
    error = float(np.sqrt(m.squared_error(m.test[chosen], m.reconstructed[chosen]).mean()))
    unit = "of the range of a cell" if m.pictures or not m.vae.schema_.is_standardised else "standard deviations"
    if m.pictures or m.series:
        words = "They should agree in all but fine detail; blur, or another shape, is information that the code lost."
    else:
        words = (
            "A dot is a cell; they should lie on the diagonal. A flat cloud (R² near 0) means that the code lost it."
        )
    return Panel(
        "reconstructions",
        figure_choice.reconstructions(m, chosen),
        f"{m.which.capitalize()} rows and their reconstructions",
        words,
        wide=m.pictures or m.series,
        alt=f"{m.which.capitalize()} rows beside their reconstructions, which differ by {error:.2f} {unit} (root mean "
        "square).",
    )


def _new_rows(m: ReportMaterial, drawn: Array, coverage: float) -> list[Panel]:
    alt = f"{len(drawn):,} generated rows; {coverage:.0%} of the {m.which} rows have one among their neighbours."
    if m.pictures:
        words = "They should look like real ones and differ from each other; blends of two, or many alike, are bad."
    elif m.series:
        words = "They should have the shapes of the real rows above; noise, or one shape in all of them, is bad."
    else:
        words = "The outlines should follow the filled bars; a narrower outline means too little variety."
    panels = [Panel("prior-samples", figure_choice.new_rows(m, drawn), "New rows", words, wide=True, alt=alt)]
    if m.series:
        panels.append(
            Panel(
                "bands",
                series.bands(m.test, drawn, m.palette),
                "Range of the values at each step",
                "Lines should run along the edges and the middle of the filled band; lines inside it mean too little "
                "variety.",
                alt=f"Quantiles of the values at each of {drawn.shape[1]} steps, of {len(m.test)} {m.which} and "
                f"{len(drawn)} new rows.",
            )
        )
    return panels


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
    names = [format_condition(c) for c in known]
    figure = samples.by_condition(rows, names, m.limits, m.ink)
    words = "One condition per line. Rows of a line should show their condition and differ otherwise."
    alt = f"Eleven generated rows for each of {len(names)} conditions: {', '.join(names)}."
    return Panel("conditional-samples", figure, "New rows by condition", words, wide=True, alt=alt)


def _by_cell(m: ReportMaterial) -> Panel | TextTable:
    """R² of the reconstruction for each feature of a table, the lowest first, or for each step of a series."""
    gap = ((m.comparable(m.reconstructed) - m.comparable(m.test)) ** 2).mean(0)
    spread = m.comparable(m.test).var(0)
    r2 = 1 - gap / np.where(spread > 0, spread, np.inf)
    if m.series:
        low = int(np.argmin(r2))
        return Panel(
            "reconstruction-by-step",
            series.by_step(r2, "R²", m.palette),
            "Reconstruction by step",
            "Share of the variance of each step that the reconstruction explains, 0 to 1. Dips are steps that the code "
            "does not keep.",
            alt=f"R² of the reconstruction by step: {np.median(r2):.2f} in the middle, lowest {r2[low]:.2f} at step "
            f"{low + 1}.",
        )
    names = features.short_names(len(r2), m.features)
    worst = np.argsort(r2, kind="stable")[:12]
    words = "Share of each feature’s variance that the reconstruction explains, 0 to 1; the lowest first."
    return TextTable("Reconstruction by feature", ("feature", "R²"), [(names[i], f"{r2[i]:.2f}") for i in worst], words)
