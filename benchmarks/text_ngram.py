"""An n-gram of characters with interpolated, modified Kneser–Ney smoothing (Chen and Goodman, 1999, section 4.1.6)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

START, END = "\x02", "\n"
CODE_POINTS = 0x110000


class KneserNey:
    """p(character | the ``order`` − 1 before it), with one discount for counts of 1, 2, and 3 or more in each order."""

    def __init__(self, lines: list[str], order: int = 5) -> None:
        self.order, self.alphabet = order, {END}.union(*lines)
        counts: list[Counter[str]] = [Counter() for _ in range(order + 1)]
        for line in lines:
            text = START + line + END
            counts[order].update(text[i : i + order] for i in range(len(text) - order + 1))
            # Nothing stands before the start of a line: its grams keep their counts.
            counts_at_start = (text[:k] for k in range(2, min(order, len(text) + 1)))
            for gram in counts_at_start:
                counts[len(gram)][gram] += 1
        for k in range(order, 1, -1):  # otherwise a gram counts in how many ways it is continued to the left
            counts[k - 1].update(gram[1:] for gram in counts[k])
        self.counts = counts
        self.discounts = [discounts_of(found) for found in counts]
        self.totals: defaultdict[str, int] = defaultdict(int)
        self.left: defaultdict[str, float] = defaultdict(float)
        for k in range(1, order + 1):
            for gram, count in counts[k].items():
                self.totals[gram[:-1]] += count
                self.left[gram[:-1]] += self.discounts[k][min(count, 3)]

    def probability(self, context: str, character: str) -> float:
        """p(character | context), from the uniform distribution up to the longest context that was seen."""
        known = character in self.alphabet
        p = 1 / (len(self.alphabet) + 1) * (1 if known else 1 / CODE_POINTS)
        for k in range(min(self.order, len(context) + 1)):
            seen = context[len(context) - k :]
            if not (total := self.totals.get(seen, 0)):
                break
            count = self.counts[k + 1].get(seen + character, 0)
            p = (max(count - self.discounts[k + 1][min(count, 3)], 0) + self.left[seen] * p) / total
        return p

    def surprises(self, line: str) -> list[float]:
        """Nats of each character of a line, that of its end last."""
        text = START + line + END
        return [-math.log(self.probability(text[max(0, i - self.order + 1) : i], text[i])) for i in range(1, len(text))]

    def bits(self, lines: list[str]) -> float:
        """Bits of all lines and their ends."""
        return sum(sum(self.surprises(line)) for line in lines) / math.log(2)


def discounts_of(counts: Counter[str]) -> list[float]:
    """The discounts of counts of 0, 1, 2, and 3 or more, from how many grams have counts of 1 to 4."""
    n = Counter(min(count, 5) for count in counts.values())
    if not all(n[k] for k in (1, 2, 3, 4)):
        return [0.0, 0.5, 0.75, 0.75]
    y = n[1] / (n[1] + 2 * n[2])
    return [0.0, *(min(max(k - (k + 1) * y * n[k + 1] / n[k], 0.0), k) for k in (1, 2, 3))]
