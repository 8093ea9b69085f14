"""Words of text: where they are, and how often the training lines have them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

WORD = re.compile(r"[^\W\d_]+")
"""Letters of any script without anything between them."""
MOST_WORDS = 50_000


class Word(NamedTuple):
    """A word of a line, and the character at which it begins."""

    start: int
    text: str

    @property
    def stop(self) -> int:
        """The character behind its last."""
        return self.start + len(self.text)


def words_in(line: str) -> list[Word]:
    """The words of a line, in order."""
    return [Word(found.start(), found.group()) for found in WORD.finditer(line)]


def frequent_words(lines: Iterable[str]) -> dict[str, int]:
    """How often each word occurs, of the 50,000 most frequent ones."""
    counts = Counter[str]()
    for line in lines:
        counts.update(word.text for word in words_in(line))
    return dict(counts.most_common(MOST_WORDS))
