"""The page of the study: findings, tables, curves and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from quintet._version import __version__
from quintet.report.figures import samples
from quintet.report.figures.gallery import gallery
from quintet.report.figures.images import drawn_in_ink, is_picture, pixels, value_range
from quintet.report.figures.reflow import Line
from quintet.report.page import Page, Panel, Section, TextTable, fill_page
from quintet.studies.compare import alt_texts, figures
from quintet.studies.compare.results import Results
from quintet.studies.compare.sides import sides
from quintet.studies.compare.spaces import spaces
from quintet.studies.compare.words import findings

Array = np.ndarray[Any, Any]
QUESTIONS = ("compress", "generate", "denoise", "detect", "impute")


def write_study_page(results: Results, out: Path) -> None:
    """Write ``compare.html`` and its figures into the folder ``out``."""
    study = results.study
    names = ", ".join(study.variants)
    page = Page(
        title=f"{names}: one study",
        lead=f"{len(results.figures)} training runs on {len(results.rows.train):,} rows of {results.rows.source}, "
        "evaluated "
        f"on {len(results.rows.held):,} held-out rows.",
        answers=[],
        sections=[
            _summary(results),
            _sizes(results),
            _training(results),
            _pictures(results),
            spaces(results),
            _answers(results),
            _costs(results),
        ],
        facts=[
            ("training runs", str(len(results.figures))),
            ("latents", ", ".join(map(str, study.latent_dims))),
            ("seeds", str(study.seeds)),
            ("epochs", str(study.epochs)),
            ("layers", "–".join(map(str, study.hidden))),
        ],
        foot=f"quintet {__version__}",
    )
    fill_page(page, out, "compare.html")


def _summary(r: Results) -> Section:
    section = Section("summary", "Findings", notes=findings(r))
    grid = sides(r)
    section.panels.extend([grid] if grid else [])
    return section


def _sizes(r: Results) -> Section:
    section = Section(
        "sizes", "Reconstruction by class and latent dimension", "Mean squared error per cell on held-out rows."
    )
    order = sorted(set(r.study.latent_dims))
    curves = {}
    for variant in r.study.variants:
        found = [(size, r.values("mse", variant, size)) for size in order]
        if all(len(v) for _, v in found):
            curves[variant] = [(size, float(v.mean()), float(v.std())) for size, v in found]
    if curves:
        figure = figures.against_size(curves, "squared error")
        alt = alt_texts.against_size(curves, "squared error per cell")
        section.panels.append(Panel("mse-by-size", figure, "Error against latent dimension", alt=alt))
    for variant in curves:
        table = {size: r.by_class(variant, size) for size in order}
        classes = list(table[order[0]])
        if not classes:
            continue
        values = np.array([[1000 * table[size][c] for c in classes] for size in order])
        title = f"{variant}: squared error by class, thousandths"
        lines = [str(size) for size in order]
        figure = figures.heat_map(values, lines, classes, "class", "latents")
        alt = alt_texts.heat_map(values, lines, classes)
        section.panels.append(Panel(f"mse-{variant}", figure, title, alt=alt))
        body = [
            [str(size), *(f"{v:.2f}" for v in line), f"{line.mean():.2f}"]
            for size, line in zip(order, values, strict=True)
        ]
        section.panels.append(TextTable(title, ["latents", *classes, "mean"], body, wide=len(classes) > 6))
    return section


def _training(r: Results) -> Section:
    section = Section("training", "Training", "The objective of each variant, in nats per row.")
    histories = {v: r.figures[r.of(v)[0]]["history"] for v in r.study.variants if r.of(v)}
    title = f"Curves at {r.study.middle} latents"
    section.panels.append(
        Panel(
            "curves",
            figures.learning(histories),
            title,
            "Objectives differ between variants: compare the shapes of the curves only.",
            alt=alt_texts.learning(histories),
        )
    )
    for variant in r.study.variants:
        sweep = {
            f"{size} latents": r.figures[r.of(variant, size)[0]]["history"] for size in sorted(set(r.study.latent_dims))
        }
        if len(sweep) > 1:
            title, alt = f"{variant} at all latent dimensions", alt_texts.learning(sweep)
            section.panels.append(Panel(f"curves-{variant}", figures.learning(sweep), title, alt=alt))
    return section


def _pictures(r: Results) -> Section:
    section = Section("pictures", "Side by side", f"With {r.study.middle} latents.")
    held = r.rows.held
    if not is_picture(held.shape[1:]):
        return section
    limits, ink = value_range(held), drawn_in_ink(held)
    shown = next((a["shown"] for a in r.arrays.values() if "shown" in a), None)
    if shown is not None:
        lines: list[Line | None] = [("row", pixels(held[shown], limits, ink))]
        for v in r.study.variants:
            found = r.arrays[r.of(v)[0]]
            if "reconstructed" in found:
                lines.append((v, pixels(found["reconstructed"], limits, ink)))
        alt = alt_texts.reconstructions({v: r.mean("mse", v) for v in r.study.variants}, len(shown))
        section.panels.append(Panel("reconstructions", gallery(lines, ink=ink), "Reconstructions", wide=True, alt=alt))
    drawn: list[Line | None] = []
    for v in r.study.variants:
        new = pixels(r.arrays[r.of(v)[0]]["samples"][:24], limits, ink)
        drawn += [(v, new[:12]), ("", new[12:]), None]
    words = "Decoded draws from N(0, I), also for variants that do not train the prior."
    alt = alt_texts.drawn({v: r.mean("frechet", v) for v in r.study.variants}, 24)
    section.panels.append(Panel("samples", gallery(drawn[:-1], ink=ink), "Samples", words, wide=True, alt=alt))
    ticks = np.linspace(-3, 3, 15)
    for v in r.study.variants:
        for run in r.of(v, 2)[:1]:
            if "plane" in r.arrays[run]:
                plane = r.arrays[run]["plane"].reshape(15, 15, *held.shape[1:])
                figure = samples.latent_grid(plane, ticks, limits=limits, ink=ink)
                title, alt = f"{v}: two latents from −3 to 3", alt_texts.plane(v, len(ticks))
                section.panels.append(Panel(f"plane-{v}", figure, title, alt=alt))
    return section


def _answers(r: Results) -> Section:
    section = Section("answers", "The five answers", f"Each variant trained by VAE with {r.study.middle} latents.")
    if not r.answers:
        return section
    body, notes = [], []
    for v, found in r.answers.items():
        cells = []
        for q in QUESTIONS:
            cells.append(f"{found[q]['figure']:.3f}" if "figure" in found[q] else "–")
            if "cannot" in found[q]:
                notes.append(f"{v} cannot {q}: {found[q]['cannot']}")
        body.append([v, *cells])
    one = next(iter(r.answers.values()))
    units = [one[q].get("unit", "") for q in QUESTIONS]
    plain = [
        "baseline",
        *(f"{one[q]['baseline_figure']:.3f}" if "baseline_figure" in one[q] else "–" for q in QUESTIONS),
    ]
    head = ["variant", *(f"{q}, {u}" if u else q for q, u in zip(QUESTIONS, units, strict=True))]
    section.panels.append(TextTable("Figures by variant", head, [*body, plain], wide=True))
    section.notes = notes[:3]
    return section


def _costs(r: Results) -> Section:
    section = Section("costs", "Time and memory")
    head = ["variant", "latents", "weights", "seconds", "sd over seeds", "peak memory, MiB"]
    body = []
    for v in r.study.variants:
        for size in sorted(set(r.study.latent_dims)):
            seconds = r.values("seconds", v, size)
            weights, memory = r.mean("parameters", v, size), r.mean("peak_mib", v, size)
            body.append(
                [v, str(size), f"{weights:,.0f}", f"{seconds.mean():.1f}", f"{seconds.std():.1f}", f"{memory:.0f}"]
            )
    section.panels.append(TextTable("Cost of each training run", head, body, wide=True))
    return section
