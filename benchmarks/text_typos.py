"""Typos put into lines, a spell checker by edit distance, and how well typos are found and mended.

A share of the words of four letters or more gets one slip: a letter replaced, lost, added, or exchanged with its
neighbour. ``ap`` is the average precision of all words ranked by the score of being mistyped. The threshold of changing
a word is chosen for each system on validation lines with typos of their own, by the F1 of ``mended``: a change is right
where it gives the word that was meant.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from dataclasses import dataclass
from math import log

import numpy as np
from common import Array
from sklearn.metrics import average_precision_score

WORD = re.compile(r"[^\W\d_]+")
LONG_ENOUGH = 4
Place = tuple[int, int]
"""A line, and the character at which a word begins."""


@dataclass(frozen=True)
class Mistyped:
    """Lines with typos, and the word that was meant at each of them."""

    lines: list[str]
    meant: dict[Place, str]

    def words(self) -> list[tuple[Place, str]]:
        """Every word of the lines."""
        return [((i, m.start()), m.group()) for i, line in enumerate(self.lines) for m in WORD.finditer(line)]


@dataclass(frozen=True)
class Guess:
    """The score of being mistyped, higher is likelier, and the best word in its place; None: there is none."""

    score: float
    word: str | None


Guesses = dict[Place, Guess]


def slip(word: str, rng: np.random.Generator) -> str:
    """The word with one slip, different from it."""
    while True:
        kind, letter = rng.integers(4), string.ascii_lowercase[rng.integers(26)]
        i = int(rng.integers(len(word) + (kind == 2)))
        if kind == 0:
            found = word[:i] + letter + word[i + 1 :]
        elif kind == 1:
            found = word[:i] + word[i + 1 :]
        elif kind == 2:
            found = word[:i] + letter + word[i:]
        else:
            found = word[:i] + word[i + 1 : i + 2] + word[i] + word[i + 2 :]
        if found != word:
            return found


def mistyped(lines: list[str], share: float, seed: int) -> Mistyped:
    """Lines in whose words slips were put in."""
    rng, out, meant = np.random.default_rng([seed, 5]), list[str](), dict[Place, str]()
    for number, line in enumerate(lines):
        parts, end, length = list[str](), 0, 0
        for found in WORD.finditer(line):
            word = found.group()
            parts.append(line[end : found.start()])
            length += len(parts[-1])
            if len(word) >= LONG_ENOUGH and rng.random() < share:
                wrong = slip(word, rng)
                meant[number, length] = word
                word = wrong
            parts.append(word)
            length += len(word)
            end = found.end()
        out.append("".join([*parts, line[end:]]))
    return Mistyped(out, meant)


class SpellChecker:
    """Words one edit away, weighed by their frequency in the training lines (Norvig, "How to write a spelling
    corrector", 2007, with the noisy channel in full).

    Parameters
    ----------
    lines : training lines.
    rate : share of the words that are mistyped.
    unseen : the count of a word that training lacks.
    """

    def __init__(self, lines: list[str], rate: float, unseen: float = 0.1) -> None:
        self.counts = Counter(word for line in lines for word in WORD.findall(line))
        self.rate, self.unseen, self.found = rate, unseen, dict[str, Guess]()

    def guesses(self, typed: Mistyped) -> Guesses:
        """A guess for every word."""
        return {place: self.guess(word) for place, word in typed.words()}

    def guess(self, word: str) -> Guess:
        """The posterior log odds that a word is a slip of another one, and the likeliest of these."""
        if word not in self.found:
            own = log(self.counts.get(word, self.unseen)) + log(1 - self.rate)
            near = {other: ways * self.counts[other] for other, ways in one_slip_away(word).items()}
            near = {other: weight for other, weight in near.items() if weight}
            best = max(near, key=near.__getitem__, default=None)
            weight = sum(near.values()) + (0.0 if word in self.counts else 1e-6 * self.unseen)
            self.found[word] = Guess(log(weight * self.rate + 1e-30) - own, best)
        return self.found[word]


def one_slip_away(word: str) -> dict[str, float]:
    """Words that one slip makes into ``word``, each with the probability of that slip."""
    n, letters, found = len(word), string.ascii_lowercase, Counter[str]()
    for i in range(n):
        for letter in letters:
            found[word[:i] + letter + word[i + 1 :]] += 1 / (4 * 26 * n)  # replaced
        found[word[:i] + word[i + 1 :]] += 1 / (4 * 26 * n)  # a letter was added
        found[word[:i] + word[i + 1 : i + 2] + word[i] + word[i + 2 :]] += 1 / (4 * n)  # exchanged
    for i in range(n + 1):
        for letter in letters:
            found[word[:i] + letter + word[i:]] += 1 / (4 * (n + 1))  # a letter was lost
    found.pop(word, None)
    return dict(found)


def judged(typed: Mistyped, guesses: Guesses, threshold: float) -> dict[str, float]:
    """Average precision, and precision, recall and F1 of finding and of mending at a threshold."""
    places = [place for place, _ in typed.words()]
    truth = np.array([place in typed.meant for place in places])
    scores = np.array([guesses[place].score for place in places])
    changed = [p for p, s in zip(places, scores, strict=True) if s >= threshold and guesses[p].word is not None]
    right = sum(typed.meant.get(place) == guesses[place].word for place in changed)
    hit = sum(place in typed.meant for place in changed)
    figures = {"ap": float(average_precision_score(truth, scores))}
    for name, good in (("found", hit), ("mended", right)):
        precision, recall = good / max(len(changed), 1), good / len(typed.meant)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        figures |= {f"{name}_precision": precision, f"{name}_recall": recall, f"{name}_f1": f1}
    return figures


def best_threshold(typed: Mistyped, guesses: Guesses) -> float:
    """The threshold with the highest F1 of mending."""
    candidates = [(guess.score, guess.word == typed.meant.get(place)) for place, guess in guesses.items() if guess.word]
    candidates.sort(key=lambda pair: -pair[0])
    right = np.cumsum([good for _, good in candidates])
    f1: Array = 2 * right / (np.arange(1, len(right) + 1) + len(typed.meant))
    return candidates[int(f1.argmax())][0]


def log_odds(p: float) -> float:
    """Log odds of a probability."""
    p = min(max(p, 1e-12), 1 - 1e-12)
    return log(p / (1 - p))
