"""The section on missing characters: hidden ones, and what was filled in."""

from __future__ import annotations

from collections import Counter

import numpy as np

from quintet.report.page import Answer, Section, TextTable, Words
from quintet.report.sections.text.detect import WIDEST
from quintet.report.text_material import TextMaterial

SHARE = 0.1
LISTED, LINES = 8, 120
MARK = "\ufffc"
"""Stands for a hidden character: no text holds it."""


def filling(m: TextMaterial) -> tuple[Section, Answer]:
    """Imputation: a tenth of the characters hidden."""
    lines = m.lines[: LINES // (4 if m.quick else 1)]
    rng = np.random.default_rng((m.seed, 6))
    hidden = [np.flatnonzero(rng.random(len(line)) < SHARE) for line in lines]
    asked = [
        "".join(MARK if i in set(at) else sign for i, sign in enumerate(line))
        for line, at in zip(lines, hidden, strict=True)
    ]
    filled = m.model.impute(asked, mark=MARK)
    counts = Counter("".join(lines))
    usual = counts.most_common(1)[0][0]
    signs = [
        (line[i], answer[i])
        for line, answer, at in zip(lines, filled, hidden, strict=True)
        for i in at
        if i < len(answer)
    ]
    total = max(1, len(signs))
    right = sum(a == b for a, b in signs) / total
    base = sum(a == usual for a, _ in signs) / total
    shown = [i for i in range(len(lines)) if len(hidden[i])][:LISTED]
    table = TextTable(
        "Hidden characters and what was filled in",
        ("line with its fills", "as it was"),
        [(_marked(filled[i], lines[i], set(hidden[i].tolist())), _cut(lines[i])) for i in shown],
        "Blue: filled in rightly; orange: another character than the hidden one.",
        wide=True,
        prose=True,
    )
    section = Section(
        "impute",
        "Impute",
        f"{SHARE:.0%} of the characters were hidden, and filled from both sides. {right:.0%} of {total:,} hidden "
        f"characters came back; always the most frequent one, {_named(usual)}, would be right in {base:.0%}.",
        [table],
    )
    return section, Answer(
        "Impute",
        f"{SHARE:.0%} of the characters hidden; share filled rightly",
        f"{right:.0%}",
        f"most frequent one {base:.0%}",
    )


def _named(sign: str) -> str:
    return "the space" if sign == " " else f"“{sign}”"


def _cut(line: str) -> str:
    return line if len(line) <= WIDEST else line[:WIDEST] + "…"


def _marked(filled: str, truth: str, hidden: set[int]) -> Words:
    """A filled line with each fill marked."""
    parts = list[tuple[str, str]]()
    for i, sign in enumerate(filled[:WIDEST]):
        kind = "" if i not in hidden else "filled" if sign == truth[i] else "strange"
        if parts and parts[-1][1] == kind:
            parts[-1] = (parts[-1][0] + sign, kind)
        else:
            parts.append((sign, kind))
    return Words([*parts, *([("…", "")] if len(filled) > WIDEST else [])])
