"""The section on editing: attributes, style transfer and translation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from quintet import evaluate
from quintet.errors import InputError
from quintet.report import figure_choice
from quintet.report.batch import batch_of
from quintet.report.figures import denoising, strips
from quintet.report.material import Array, ReportMaterial
from quintet.report.page import Panel, Section, TextTable
from quintet.tasks.edit.attributes import Attribute

STEPS = np.linspace(-2, 2, 9)
MEASURES: dict[str, tuple[Callable[..., Any], str]] = {
    "thickness": (evaluate.thickness, "pixels"),
    "slant": (evaluate.slant, "degrees"),
}
LINES = 10
"""Largest number of lines of a strip."""


@dataclass(frozen=True)
class Edited:
    """Rows (lines, steps, *row) edited along an attribute, titles of the lines, and a line of the table."""

    titles: list[str]
    rows: Array
    figures: tuple[str, str, str, str]


def editing(m: ReportMaterial) -> Section:
    """Editing: attribute strips, style transfer and restored rows, with notes on what is left out."""
    section = Section("edit", "Changing rows")
    left_out: list[str] = []
    _attributes(m, section, left_out)
    _style(m, section, left_out)
    _translation(m, section)
    if section.panels:
        section.lead = "The latents of a row are moved along the direction of one attribute, and decoded."
    if left_out:
        section.notes.append("Not shown: " + "; ".join(left_out) + ".")
    return section


def _attributes(m: ReportMaterial, section: Section, left_out: list[str]) -> None:
    values = _values(m)
    kept = dict(m.vae.attributes_)
    found: list[Edited] = []
    try:
        for name, known in values.items():
            try:
                if name not in kept:
                    m.vae.fit_attribute(m.test, known, name)
            except InputError as reason:
                left_out.append(str(reason).rstrip(".")[:1].lower() + str(reason).rstrip(".")[1:])
        for name, probe in m.vae.attributes_.items():
            sweep = _number if probe.levels is None else _label
            found.append(sweep(m, name, probe, values.get(name)))
    finally:  # the report does not change the model
        m.vae.attributes_.clear()
        m.vae.attributes_.update(kept)
    if not found:
        left_out.append(
            "edits of attributes, because the rows have no labels (other than the model’s condition), the model "
            "stores no "
            "attribute, and thickness and slant need bright strokes"
        )
        return
    figure = figure_choice.edits(m, [(e.titles, e.rows) for e in found], STEPS)
    words = (
        f"Each line is one row. The numbers are standard deviations of the attribute over the {m.which} rows; 0 is the "
        "reconstruction. Only the attribute should change; a line without a change means that latents do not hold it."
    )
    alt = "Rows edited from −2 to +2 standard deviations. " + "; ".join(
        f"{name}: change in edited rows {change}" for name, _, _, change in (e.figures for e in found)
    )
    section.panels.append(Panel("edits", figure, "One attribute at a time", words, wide=True, alt=alt + "."))
    section.panels.append(
        TextTable(
            "Accuracy of edits",
            ("attribute", "one standard deviation", "prediction from latents, R² or accuracy", "change in edited rows"),
            [e.figures for e in found],
            "Prediction: R², or accuracy for labels, on rows held out of the probe’s fit; near 0, or near chance, "
            "edits have no effect. Change: measured in rows edited by one standard deviation (+1.00 sd is perfect), or "
            "share of rows with the label after an edit by two.",
            wide=True,
        )
    )


def _values(m: ReportMaterial) -> dict[str, Any]:
    """Values of attributes to learn: measured strokes, and labels other than the model's condition."""
    found: dict[str, Any] = {}
    if m.pictures and m.ink and np.isfinite(np.asarray(m.test, dtype=float)).all():
        found |= {name: measure(m.test) for name, (measure, _) in MEASURES.items()}
    columns = () if m.vae.schema_.condition is None else m.vae.schema_.condition.columns
    if m.labels.codes is not None and len(m.labels.names) >= 2:
        if not any(set(m.labels.names) <= set(map(str, column.levels or ())) for column in columns):
            found["class"] = np.array(m.labels.names)[m.labels.codes]
    elif m.labels.values is not None:
        found["label"] = m.labels.values
    return found


def _number(m: ReportMaterial, name: str, probe: Attribute, known: Array | None) -> Edited:
    read = probe.read(torch.from_numpy(m.latents))[:, 0].numpy()
    spread = float(np.std(read if known is None else known)) or 1.0
    rows = m.test[m.examples(3)]
    swept = _swept(m, rows, STEPS * spread, name)
    some = m.test[m.examples(60)]
    measure, unit = MEASURES.get(name, (lambda x: m.vae.read_attribute(x, name), ""))
    pair = _swept(m, some, np.array([spread, 0.0]), name)
    more, same = np.asarray(measure(pair.reshape(-1, *some.shape[1:]))).reshape(len(some), 2).T
    gained = f"{float(np.mean(more - same)) / spread:+.2f} sd".replace("-", "−")
    figures = (name, f"{spread:.3g} {unit}".strip(), _quality(probe), gained)
    return Edited([name, *[""] * (len(rows) - 1)], swept, figures)


def _swept(m: ReportMaterial, rows: Array, steps: Array, name: str, to: Any = None) -> Array:
    """Rows edited by each of the steps, (rows, steps, *row), in one call: a call has the cost of a whole batch."""
    by = np.tile(np.asarray(steps, dtype=float), len(rows))
    edited = np.asarray(m.vae.edit(np.repeat(rows, len(steps), 0), by, name, to=to, batch_rows=batch_of(len(by), 256)))
    return edited.reshape(len(rows), len(steps), *rows.shape[1:])


def _label(m: ReportMaterial, name: str, probe: Attribute, known: Array | None) -> Edited:
    """Edit rows towards each level of a label; the step is the standard deviation of its log odds."""
    levels = list(probe.levels or ())[:LINES]
    odds = probe.read(torch.from_numpy(m.latents)).numpy()
    spreads = [float(odds[:, k].std()) or 1.0 for k in range(len(levels))]
    starts, levels_read = m.examples(len(levels) + 1), odds.argmax(1)
    places = [
        next((int(i) for i in np.roll(starts, -k - 1) if levels_read[i] != k), int(starts[0]))
        for k in range(len(levels))
    ]
    some = m.test[m.examples(60)]
    strips_, moved = [], []
    for i, level, s in zip(places, levels, spreads, strict=True):
        rows = np.concatenate([np.repeat(m.test[i][None], len(STEPS), 0), some])
        by = np.concatenate([STEPS * s, np.full(len(some), 2 * s)])
        edited = np.asarray(m.vae.edit(rows, by, name, to=level, batch_rows=batch_of(len(by), 256)))
        strips_.append(edited[: len(STEPS)])
        moved.append(edited[len(STEPS) :])
    swept = np.stack(strips_)
    read = np.asarray(m.vae.read_attribute(np.concatenate(moved), name)).reshape(len(levels), len(some))
    reached = [np.mean(line == level) for line, level in zip(read, levels, strict=True)]
    unit = f"{np.mean(spreads):.3g} nats of log odds"
    figures = (name, unit, _quality(probe), f"{100 * float(np.mean(reached)):.0f} % are the label")
    return Edited([f"towards {level}" for level in levels], swept, figures)


def _quality(probe: Attribute) -> str:
    return "not known, too few rows" if np.isnan(probe.quality) else f"{probe.quality:.2f}"


def _style(m: ReportMaterial, section: Section, left_out: list[str]) -> None:
    condition = m.vae.schema_.condition
    if condition is None or any(column.levels is None for column in condition.columns) or not m.pictures:
        left_out.append("style transfer, which needs pictures and a model conditional on labels (variant cvae)")
        return
    content = m.test[m.examples(min(9, len(m.test)))]
    style = m.test[np.random.default_rng(m.seed + 1).permutation(len(m.test))[:5]]
    each, how = np.repeat(content[None], len(style), 0), np.repeat(style[:, None], len(content), 1)
    flat = (-1, *m.test.shape[1:])
    mixed = np.asarray(m.vae.transfer_style(each.reshape(flat), how.reshape(flat))).reshape(each.shape)
    figure = strips.style_table(content, style, mixed, m.limits, m.ink)
    words = (
        "Latents of the row on the left, decoded under the most probable condition of the row above. Columns should "
        "keep the content and lines the style; equal lines mean that latents hold no style."
    )
    alt = f"{len(content)} rows above, {len(style)} rows on the left, and their combinations as a table of pictures."
    section.panels.append(
        Panel("styles", figure, "Style transfer: content of one row, style of another", words, wide=True, alt=alt)
    )


def _translation(m: ReportMaterial, section: Section) -> None:
    from quintet.estimators.translator import Translator
    from quintet.models.translation.model import TranslationModel

    model = getattr(getattr(m.vae, "fitted_", None), "model", None)
    if not m.pictures or not isinstance(model, TranslationModel):
        return
    translator, clean = Translator.of(m.vae), m.test[m.examples(11)]
    old = translator.degrade(clean, random_state=m.seed)
    restored = translator.transform(old)
    before, after = (denoising.mean_psnr(clean, rows, m.limits) for rows in (old, restored))
    figure = strips.old_and_new(clean, old, restored, m.limits, m.ink)
    found = f"Mean over {len(clean)} rows: {before:.1f} dB degraded, {after:.1f} dB restored."
    words = f"{found} Restored rows should be closer to the clean ones; a smaller number of dB is a failure."
    alt = f"Clean, degraded and restored pictures in three lines. {found}"
    section.panels.append(Panel("translated", figure, "Restored rows", words, wide=True, alt=alt))
