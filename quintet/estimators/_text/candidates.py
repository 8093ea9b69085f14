"""Which words of a line may be mistyped, and what they may have been meant to be: candidates to be weighed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, inf, log
from typing import NamedTuple

from quintet.data.sequences.text.words import Word, words_in
from quintet.estimators._text.edits import Neighbours, plain_edits, slip_log_prob

MOST, SHORTEST = 8, 2
"""Candidates that are weighed for a word, at most, and the length of the shortest words that are looked at."""
REACH = 7.0
"""Nats by which the context may overrule the frequencies of known words: candidates below are not weighed."""


class Candidate(NamedTuple):
    """A word in place of another, with log p(the word that stands there | this one was meant)."""

    text: str
    log_slip: float


@dataclass(frozen=True)
class Doubtful:
    """A word that may be mistyped, and what it may have been."""

    line: int
    word: Word
    candidates: tuple[Candidate, ...] = field(default=())


@dataclass(frozen=True)
class Proposer:
    """Proposes candidates by the words of the training lines.

    Parameters
    ----------
    neighbours : the known words.
    letters : size of the alphabet.
    rate : share of the words that are mistyped.
    """

    neighbours: Neighbours
    letters: int
    rate: float

    def doubtful(self, lines: Sequence[str]) -> list[Doubtful]:
        """The doubtful words of lines, each with its candidates."""
        known = {word: self.candidates(word) for line in lines for word in {w.text for w in words_in(line)}}
        return [
            Doubtful(number, word, known[word.text])
            for number, line in enumerate(lines)
            for word in words_in(line)
            if known[word.text]
        ]

    def candidates(self, word: str) -> tuple[Candidate, ...]:
        """What a word may have been meant to be, the likeliest by the frequencies of words first."""
        if len(word) < SHORTEST:
            return ()
        counts = self.neighbours.counts
        least = log(counts[word]) + self.stays() - REACH if word in counts else -inf
        found = [(log(counts[near]) + self._slip(near), near) for near in self.neighbours.of(word)]
        kept = [near for score, near in sorted(found, reverse=True)[:MOST] if score > least]
        if not kept and word not in counts:
            kept = list(plain_edits(word))
        return tuple(Candidate(near, self._slip(near)) for near in kept)

    def stays(self) -> float:
        """log p(a word stands there as it was meant)."""
        return log(1 - self.rate)

    def _slip(self, meant: str) -> float:
        return log(self.rate) + slip_log_prob(meant, self.letters)


def posterior(own: float, others: Sequence[float]) -> list[float]:
    """Probabilities of the others, from log joint probabilities of the word as it stands and of the others."""
    top = max([own, *others])
    total = exp(own - top) + sum(exp(each - top) for each in others)
    return [exp(each - top) / total for each in others]
