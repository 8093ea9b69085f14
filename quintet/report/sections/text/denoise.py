"""The section on typos: slips that were put in, what was found, and what was suggested."""

from __future__ import annotations

import re
import string

import numpy as np

from quintet.estimators._text.corrections import TextCorrections
from quintet.report.page import Answer, Section, TextTable, Words
from quintet.report.sections.text.detect import WIDEST, marked_words
from quintet.report.text_material import TextMaterial

SHARE, LEAST = 0.05, 4
"""Share of the words of at least so many letters that get a slip."""
LISTED, LINES = 8, 120
WORD = re.compile(r"[^\W\d_]+")


def mending(m: TextMaterial) -> tuple[Section, Answer]:
    """Denoising: one slip in some words; which are found, mended, and changed wrongly."""
    lines = m.lines[: LINES // (4 if m.quick else 1)]
    typed, slips = with_slips(lines, m.seed)
    if not slips:
        note = f"No line has a word of {LEAST} letters into which a slip could be put."
        return Section("denoise", "Denoise", notes=[note]), Answer("Denoise", "typos mended", "none")
    found = m.model.denoise(typed)
    changed = {(s.line, s.position): s for s, applied in zip(found.suggestions, found.applied, strict=True) if applied}
    hit = sum(place in changed for place in slips)
    right = sum(place in changed and changed[place].suggestion == meant for place, meant in slips.items())
    wrong = len(changed) - right
    figures = TextTable(
        "In figures",
        ("", "words"),
        [
            ("slips put in", f"{len(slips):,}"),
            ("found", f"{hit:,}"),
            ("mended to the word that was meant", f"{right:,}"),
            ("other words put in place", f"{wrong:,}"),
        ],
        f"{len(typed):,} {m.which} lines; a slip is a letter replaced, lost, added, or exchanged with its neighbour. "
        "Words that were changed although no slip was put in may be names, or typos of the source itself.",
    )
    section = Section(
        "denoise",
        "Denoise",
        f"One slip was put into {SHARE:.0%} of the words of {LEAST} or more letters. A suggestion takes the place of a "
        "word where its probability is at least one half.",
        [_examples(typed, slips, found), figures],
    )
    f1 = 2 * right / max(1, len(slips) + len(changed))
    return section, Answer(
        "Denoise", f"typos in {SHARE:.0%} of longer words mended, F1", f"{f1:.2f}", "left as typed 0"
    )


def with_slips(lines: list[str], seed: int) -> tuple[list[str], dict[tuple[int, int], str]]:
    """Lines with slips, in one word at least, and {(line, position): the word that was meant}."""
    rng, typed, slips = np.random.default_rng((seed, 5)), list[str](), dict[tuple[int, int], str]()
    words = [[word for word in WORD.finditer(line) if len(word.group()) >= LEAST] for line in lines]
    chosen = [(number, i) for number, own in enumerate(words) for i in range(len(own)) if rng.random() < SHARE]
    if not chosen:
        chosen = [(number, 0) for number, own in enumerate(words) if own][:1]
    for number, line in enumerate(lines):
        out, at = "", 0
        for i, word in enumerate(words[number]):
            if (number, i) not in chosen:
                continue
            slipped = word.group()
            while slipped == word.group():
                slipped = slip(word.group(), rng)
            out += line[at : word.start()]
            slips[number, len(out)] = word.group()
            out += slipped
            at = word.end()
        typed.append(out + line[at:])
    return typed, slips


def slip(word: str, rng: np.random.Generator) -> str:
    """A word with a letter replaced, lost, added, or exchanged with its neighbour."""
    at, letter = int(rng.integers(1, len(word) - 1)), string.ascii_lowercase[int(rng.integers(26))]
    return (
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )[int(rng.integers(4))]


def _examples(typed: list[str], slips: dict[tuple[int, int], str], found: TextCorrections) -> TextTable:
    """Slips within their lines, and the suggestions for them."""
    lines: list[tuple[Words | str, str, str]] = []
    for (number, position), meant in list(slips.items()):
        own = [s for s in found.suggestions if (s.line, s.position) == (number, position)][:3]
        match = WORD.match(typed[number], position)
        if match is None or len(lines) >= LISTED:
            continue
        start = max(0, position - WIDEST // 4)
        start = typed[number].rfind(" ", 0, start) + 1 if start else 0
        stop = typed[number].find(" ", position + WIDEST // 6)
        part = typed[number][start : stop if stop > 0 else None]
        offered = "; ".join(f"{s.suggestion} {s.probability:.0%}" for s in own) or "none"
        lines.append((marked_words(part, [(position - start, match.group())]), offered, meant))
    return TextTable(
        "Mistyped words and suggestions",
        ("line, mistyped word marked", "suggestions", "meant"),
        lines,
        "Suggestions with their probabilities; the rest to 100 % is that of the word as it stands.",
        wide=True,
        prose=True,
    )
