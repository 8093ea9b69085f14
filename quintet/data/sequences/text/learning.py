"""Which pieces a vocabulary has, learnt from lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

FEW, COMMON, MOST = 20_000, 5, 1000
"""A character is in the vocabulary if it occurs 5 times, of at least 20,000 characters; 1,000 at most are."""


def ascending(counts: Counter[str]) -> tuple[str, ...]:
    """Pieces from the rarest to the most frequent, so that the last token occurs wherever there is text."""
    return tuple(sorted(counts, key=lambda piece: (counts[piece], piece)))


def characters_of(lines: Iterable[str]) -> tuple[str, ...]:
    """The characters that are frequent enough to have a token; the rarest come first."""
    counts = Counter[str]()
    for line in lines:
        counts.update(line)
    least = COMMON if counts.total() >= FEW else 1
    return ascending(Counter({sign: n for sign, n in counts.most_common(MOST) if n >= least}))


def bytes_of(lines: Iterable[str]) -> tuple[str, ...]:
    """The bytes that occur, as characters 0 to 255; the rarest come first."""
    from quintet.data.sequences.text.vocabulary import to_bytes

    counts = Counter[str]()
    for line in lines:
        counts.update(to_bytes(line).decode("latin-1"))
    return ascending(counts)
