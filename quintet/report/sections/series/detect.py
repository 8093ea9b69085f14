"""The section on strange steps: alarms, and strange values that were put in."""

from __future__ import annotations

import numpy as np

from quintet.estimators._series.clean_steps import score_of
from quintet.estimators._series.scoring import surprise_of
from quintet.evaluate import auroc
from quintet.report.figures import surprise
from quintet.report.page import Answer, Panel, Section, TextTable
from quintet.report.sections.series.impute import straight
from quintet.report.series_material import Array, SeriesMaterial, shown_time

LISTED = 12
"""Alarms of the table."""
SHARE, MOVED = 0.01, 0.5
"""Share of the steps in which a value is moved, and how far, in standard deviations of a channel."""


def detecting(m: SeriesMaterial) -> tuple[Section, Answer]:
    """Detection: the alarms of the source, and values that were moved."""
    found = m.detections
    truth = [each.cells for each in m.stretches]
    planted, where = _planted(m, truth)
    options = (m.known.window, m.known.hop)
    scores = np.concatenate([score_of(each, m.known.clean) for each in surprise_of(m.vae, planted, *options)])
    simple = np.concatenate([_from_neighbours(cells, m.scale) for cells in planted])
    strange = np.concatenate(where)
    seen = ~np.isnan(np.concatenate(truth)).all(1)
    ours, theirs = (auroc(strange[seen], np.nan_to_num(each[seen])) for each in (scores, simple))
    panels: list[Panel | TextTable] = [_alarms(m)]
    panels.append(
        Panel(
            "scores",
            surprise.score_histogram(
                {"as observed": scores[seen & ~strange], "moved": scores[seen & strange]},
                "score of a step",
                palette=m.palette,
                of="steps",
            ),
            "Scores of steps, as observed and moved",
            f"In {strange.sum():,} of {seen.sum():,} {m.which} steps a value was moved by {MOVED:g} standard "
            "deviations of its channel. The two should lie apart.",
            alt=f"Histograms of the scores of moved and other steps; AUROC {ours:.3f}.",
        )
    )
    called = np.concatenate(found.is_anomaly if found.many else [found.is_anomaly])
    share = f"{int(called.sum()):,} of {len(called):,} steps ({called.mean():.1%}) are called"
    lead = (
        f"{share}, at {found.false_alarms:.1%} false alarms among clean steps, by comparison with "
        f"{found.clean_steps:,} held-out steps."
    )
    if not found.clean_steps:
        lead = "No steps were held out of training, so all p-values are 1 and scores alone rank the steps."
    section = Section("detect", "Detect", lead, list(panels))
    return section, Answer(
        "Detect",
        f"values moved by {MOVED:g} sd in {SHARE:.0%} of the steps",
        f"AUROC {ours:.3f}",
        f"distance from the mean of both neighbours {theirs:.3f}",
    )


def _planted(m: SeriesMaterial, truth: list[Array]) -> tuple[list[Array], list[Array]]:
    """Stretches with one value moved in some steps, and which steps these are."""
    planted, where = [], []
    for number, cells in enumerate(truth):
        rng = np.random.default_rng((m.seed, 3, number))
        own, at = cells.copy(), np.zeros(len(cells), bool)
        for step in rng.choice(len(cells), max(1, round(SHARE * len(cells))), replace=False):
            there = np.flatnonzero(~np.isnan(cells[step]))
            if len(there):
                j = rng.choice(there)
                own[step, j] += rng.choice([-1, 1]) * MOVED * m.scale[j]
                at[step] = True
        planted.append(own)
        where.append(at)
    return planted, where


def _from_neighbours(cells: Array, scale: Array) -> Array:
    """How far each step is from the mean of its neighbours, (steps,), in the channel where it is farthest."""
    whole = np.pad(straight(cells), ((1, 1), (0, 0)), mode="edge")
    return np.asarray((np.abs(whole[1:-1] - (whole[:-2] + whole[2:]) / 2) / scale).max(1))


def _alarms(m: SeriesMaterial) -> TextTable:
    found = m.detections
    several = len(m.data.series) > 1
    head = [*(["series"] if several else []), "from", "to", "steps", "channel", "p-value", "p of the stretch"]
    lines = [
        [
            *([m.name(alarm.series)] if several else []),
            shown_time(alarm.begins),
            shown_time(alarm.ends),
            f"{alarm.stop - alarm.start:,}",
            alarm.channel,
            f"{alarm.p_value:.2g}",
            f"{alarm.stretch_p_value:.2g}",
        ]
        for alarm in found.alarms[:LISTED]
    ]
    more = f" The highest {LISTED} of {len(found.alarms)}." if len(found.alarms) > LISTED else ""
    words = (
        "The p-value is the share of clean steps that score as high as the peak; that of the stretch, the share of "
        "clean stretches of a window with a peak as high." + more
    )
    if not lines:
        lines = [["none", *[""] * (len(head) - 1)]]
    return TextTable("Alarms", head, lines, words, wide=True)
