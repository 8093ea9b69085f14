"""The section on augmentation: new rows of each class, and a classifier trained with them."""

from __future__ import annotations

import numpy as np

from quintet.errors import InputError
from quintet.report import figure_choice
from quintet.report.material import Array, ReportMaterial
from quintet.report.page import Panel, Section, TextTable

PER_CLASS, NEW = 10, 50
LINES = 10
"""Largest number of displayed classes."""


def augmenting(m: ReportMaterial) -> Section:
    """Augmentation: new rows of each class from few labelled rows."""
    section = Section("augment", "New rows of a class")
    if m.labels.codes is None or len(m.labels.names) < 2:
        section.notes.append("New rows of a class need rows with labels, and these rows have none: give y, or --label.")
        return section
    few = _few(m.labels.codes, m.seed)
    names = np.array(m.labels.names)
    classes = [str(c) for c in np.unique(names[m.labels.codes[few]])]
    labels = names[m.labels.codes[few]]
    try:
        new, made = m.vae.augment(m.test[few], labels, NEW, random_state=m.seed)
    except InputError as reason:
        section.notes.append(str(reason))
        return section
    new = np.asarray(new)
    section.lead = (
        f"From up to {PER_CLASS} labelled {m.which} rows of each class, {NEW} new rows of the class were generated. "
        "They "
        "should belong to the class, and differ from each other."
    )
    section.panels.append(_shown(m, m.test[few], labels, new, made, classes))
    rest = np.setdiff1d(np.arange(len(m.test)), few)
    if len(rest) >= 20 and len(classes) > 1:
        section.panels.append(_classifier_errors(m, few, rest, new, made))
    return section


def _few(codes: Array, seed: int) -> Array:
    """Indices of up to ten rows of each class, and at most half of it."""
    order = np.random.default_rng(seed).permutation(len(codes))
    picked = []
    for code in np.unique(codes):
        mine = order[codes[order] == code]
        picked.append(mine[: min(PER_CLASS, max(1, len(mine) // 2))])
    return np.sort(np.concatenate(picked))


def _shown(m: ReportMaterial, rows: Array, labels: Array, new: Array, made: Array, classes: list[str]) -> Panel:
    shown = classes[:LINES] if m.pictures or m.series else classes[:1]
    figure = figure_choice.augmented(m, shown, rows, labels, new, made)
    of = "their class" if len(shown) > 1 else shown[0]
    words = "New rows should belong to their class and differ; copies of the labelled rows add nothing."
    alt = f"Labelled rows, and new rows of {', '.join(shown)}."
    return Panel("augmented", figure, f"Labelled rows, and new rows of {of}", words, wide=True, alt=alt)


def _classifier_errors(m: ReportMaterial, few: Array, rest: Array, new: Array, made: Array) -> TextTable:
    """Errors on the remaining rows of a classifier trained on the few rows, without and with the new rows."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    names = np.array(m.labels.names)
    truth = names[m.labels.codes]
    x, y = m.comparable(m.test), truth
    errors = []
    for rows, labels in (
        (x[few], y[few]),
        (np.concatenate([x[few], m.comparable(new)]), np.concatenate([y[few], made])),
    ):
        judge = SVC(C=10.0) if m.pictures else make_pipeline(StandardScaler(), SVC(C=10.0))
        errors.append(1 - float(judge.fit(rows, labels).score(x[rest], y[rest])))
    return TextTable(
        "Classifier trained with and without new rows",
        ("trained on", "error, share wrong"),
        [(f"{len(few)} labelled rows", f"{errors[0]:.3f}"), (f"and {len(new)} new rows", f"{errors[1]:.3f}")],
        f"A support vector machine, evaluated on {len(rest):,} other {m.which} rows, for one sample of labelled rows. "
        "A larger error with new rows: they leave their class.",
        bold=int(errors[1] < errors[0]),
    )
