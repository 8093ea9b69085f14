"""Single edits of words: which words are one away from another, and how probable the slip between them is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from math import log

KINDS = 4
"""A slip is one of a letter replaced, lost, added, or exchanged with its neighbour, each as probable."""


def slip_log_prob(meant: str, letters: int) -> float:
    """log p(one certain word | a slip in the word ``meant``), of an alphabet of so many letters.

    A replaced letter can become any other and an added one any, at each place; the mean over the kinds of slips.
    """
    n = len(meant)
    return -log(KINDS * max(1.0, (2 * n + 1) * letters / 4))


class Neighbours:
    """The known words that are one edit away from any word, found by what both are with one letter less.

    Two words are one edit apart only if they share a form: themselves, or themselves without one letter (the symmetric
    deletion of Garbe's SymSpell); an exchange of neighbours shares such a form, too.

    Parameters
    ----------
    counts : how often each known word occurs.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = counts

    @cached_property
    def _by_form(self) -> dict[str, list[str]]:
        found = defaultdict[str, list[str]](list)
        for word in self.counts:
            for form in forms(word):
                found[form].append(word)
        return found

    def of(self, word: str) -> list[str]:
        """Known words one edit away, without the word itself, in the order of their counts."""
        near = {other for form in forms(word) for other in self._by_form.get(form, ())} - {word}
        return sorted(
            (other for other in near if one_edit(word, other)), key=lambda other: (-self.counts[other], other)
        )


def forms(word: str) -> set[str]:
    """A word, and the word without each of its letters."""
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def one_edit(a: str, b: str) -> bool:
    """Whether two different words are one replaced, lost, added or exchanged letter apart."""
    if len(a) > len(b):
        a, b = b, a
    start = 0
    while start < len(a) and a[start] == b[start]:
        start += 1
    x, y = a[start:], b[start:]
    if len(x) < len(y):
        return len(y) == len(x) + 1 and y[1:] == x
    return x[1:] == y[1:] or (len(x) > 1 and x[0] == y[1] and x[1] == y[0] and x[2:] == y[2:])


def plain_edits(word: str) -> Iterable[str]:
    """The word with a letter less, and with neighbours exchanged."""
    found = dict.fromkeys(word[:i] + word[i + 1 :] for i in range(len(word)) if len(word) > 1)
    found |= dict.fromkeys(word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1))
    return [other for other in found if other != word]
