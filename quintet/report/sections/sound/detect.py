"""The section on strange recordings: the strangest of the source, and recordings that were played backwards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quintet.evaluate import auroc
from quintet.report.figures import sound_waves, surprise
from quintet.report.page import Answer, Panel, Section, TextTable
from quintet.report.sound_material import SoundMaterial

LISTED, SHOWN = 10, 5


def detecting(m: SoundMaterial) -> tuple[Section, Answer]:
    """Detection: the strangest recordings, with what is damaged in them."""
    found = m.detections
    order = np.argsort(-found.scores, kind="stable")
    kinds = [[each.kind for each in own] for own in found.intervals]
    lines = [
        (
            found.names[i],
            f"{found.scores[i]:.2f}",
            f"{found.p_values[i]:.2g}",
            str(kinds[i].count("click")),
            str(kinds[i].count("dropout")),
        )
        for i in order[:LISTED]
    ]
    table = TextTable(
        "The strangest recordings",
        ("recording", "score", "p-value", "clicks", "dropouts"),
        lines,
        "The p-value is the share of normal recordings that are at least as strange.",
        wide=True,
    )
    some = order[:SHOWN]
    panel = Panel(
        "strange-recordings",
        sound_waves.spectrograms(
            [m.recordings[i] for i in some],
            [f"{found.names[i]}\np {found.p_values[i]:.2g}" for i in some],
            palette=m.palette,
        ),
        "How they look",
        "Strange recordings are cut off, noisy, or another sound than those of training.",
        wide=True,
        alt=f"Waveforms and mel spectrograms of the {len(some)} strangest recordings.",
    )
    backwards = m.model.detect(
        [replace(each, samples=each.samples[::-1].copy()) for each in m.recordings], damage=False
    ).scores
    score = auroc(np.repeat([0, 1], len(m.recordings)), np.concatenate([found.scores, backwards]))
    histogram = Panel(
        "scores",
        surprise.score_histogram(
            {m.which: found.scores, "played backwards": backwards},
            "score of a recording",
            palette=m.palette,
            of="recordings",
        ),
        "Scores of recordings, and of the same ones played backwards",
        "Backwards they have the same loudness, duration and pitches. Where the order of sounds matters, the two lie "
        "apart.",
        alt=f"Histograms of the scores of {len(m.recordings)} recordings, forwards and backwards; AUROC {score:.2f}.",
    )
    called = int(found.is_anomaly.sum())
    lead = f"{called:,} of {len(found):,} {m.which} recordings are called strange ({found.rule})."
    return Section("detect", "Detect", lead, [table, panel, histogram]), Answer(
        "Detect", "recordings played backwards", f"AUROC {score:.3f}", "loudness and duration .500"
    )
