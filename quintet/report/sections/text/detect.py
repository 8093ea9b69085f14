"""The section on strange lines: the strangest, with surprising words marked, and lines whose words were mixed."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np

from quintet.evaluate import auroc
from quintet.report.figures import surprise
from quintet.report.page import Answer, Panel, Section, TextTable, Words
from quintet.report.text_material import Array, TextMaterial

LISTED, WIDEST = 8, 240
MARKED = 0.02
"""Share of all words that is marked: those that surprise most."""


def detecting(m: TextMaterial) -> tuple[Section, Answer]:
    """Detection: the strangest lines, and lines that were mixed up."""
    found = m.detections
    mixed = [mixed_up(line, np.random.default_rng((m.seed, 4, i))) for i, line in enumerate(m.lines)]
    changed = [i for i, (a, b) in enumerate(zip(m.lines, mixed, strict=True)) if a != b]
    panels: list[Panel | TextTable] = [_strangest(m)]
    answer = None
    if len(changed) > 4:
        others = m.model.detect([mixed[i] for i in changed]).scores
        real = found.scores[changed]
        truth = np.repeat([0, 1], [len(real), len(others)])
        ours = auroc(truth, np.concatenate([real, others]))
        rare = _rarity(m, [m.lines[i] for i in changed] + [mixed[i] for i in changed])
        theirs = auroc(truth, rare)
        what = "words" if _of_words(m.lines) else "characters"
        answer = Answer(
            "Detect",
            f"lines with their {what} in random order",
            f"AUROC {ours:.3f}",
            f"rare pairs of characters {theirs:.3f}",
        )
        panels.append(
            Panel(
                "scores",
                surprise.score_histogram(
                    {m.which: real, "mixed up": others}, "score of a line", palette=m.palette, of="lines"
                ),
                f"Scores of lines, and of the same lines with their {what} in random order",
                "The two should lie apart: mixed lines have the same characters and the same length.",
                alt=f"Histograms of the scores of {len(real)} lines and of their mixed copies; AUROC {ours:.3f}.",
            )
        )
    called = int(found.is_anomaly.sum())
    lead = (
        f"{called:,} of {len(found):,} lines are called strange ({found.rule}), by comparison with "
        f"{found.calibration_rows:,} held-out rows."
    )
    section = Section("detect", "Detect", lead, list(panels))
    return section, answer or Answer("Detect", "lines called strange", f"{called:,} of {len(found):,}")


def _strangest(m: TextMaterial) -> TextTable:
    found = m.detections
    words = found.words()
    limit = float(np.quantile(words["nats"], 1 - MARKED)) if words["nats"] else np.inf
    order = np.argsort(-found.scores, kind="stable")[:LISTED]
    lines = []
    for i in order:
        marked = [
            (at, word)
            for line, at, word, nats in zip(*(words[k] for k in ("line", "position", "word", "nats")), strict=True)
            if line == i and nats >= limit
        ]
        lines.append((marked_words(found.lines[i], marked), f"{found.p_values[i]:.2g}"))
    return TextTable(
        "The strangest lines",
        ("line", "p-value"),
        lines,
        f"Orange: the {MARKED:.0%} of all words that surprise most, each given all other characters of its line.",
        wide=True,
        prose=True,
    )


def marked_words(line: str, marked: list[tuple[int, str]], kind: str = "strange") -> Words:
    """A line with some words marked, (position, word) each; long lines end behind ``WIDEST`` characters."""
    parts, at = list[tuple[str, str]](), 0
    for position, word in sorted(marked):
        if position + len(word) > WIDEST:
            break
        parts += [(line[at:position], ""), (word, kind)]
        at = position + len(word)
    rest = line[at:] if len(line) <= WIDEST else line[at:WIDEST] + "…"
    return Words([part for part in [*parts, (rest, "")] if part[0]])


def _of_words(lines: list[str]) -> bool:
    return sum(len(line.split()) > 2 for line in lines) > len(lines) / 2


def mixed_up(line: str, rng: np.random.Generator) -> str:
    """A line with its words in random order; of lines of one or two words the characters."""
    parts = line.split() if len(line.split()) > 2 else list(line)
    between = " " if len(line.split()) > 2 else ""
    return between.join(parts[i] for i in rng.permutation(len(parts)))


def _rarity(m: TextMaterial, lines: list[str]) -> Array:
    """How rare the pairs of neighbouring characters of lines are, by the words of training, nats a pair."""
    pairs: Counter[str] = Counter()
    for word, count in m.known.words.items():
        text = f" {word} "
        for a, b in pairwise(text):
            pairs[a + b] += count
    total = sum(pairs.values()) + 1
    out = []
    for line in lines:
        text = f" {' '.join(line.split())} "
        out.append(np.mean([-np.log((pairs[a + b] + 0.5) / total) for a, b in pairwise(text)]))
    return np.array(out)
