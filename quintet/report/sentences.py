"""Sentences on named anomalous rows: which pass for normal, which is most anomalous, and how each is classified."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quintet.report.labels import Labels

Array = NDArray[Any]
PASSES = 0.05  # a row passes for normal if at least this share of held-out rows scores as high


@dataclass(frozen=True)
class Named:
    """A named anomalous row, or the median of several rows with one name.

    Parameters
    ----------
    score : its anomaly score (the median over the rows of the name).
    share : share of held-out normal rows with at least this score.
    read_as : the most frequent label of its nearest neighbours in latent space, or None.
    agree : share of those neighbours with this label.
    """

    name: str
    score: float
    share: float
    read_as: str | None = None
    agree: float = 0.0


def read_as(points: Array, reference: Array, labels: Labels, neighbours: int = 15) -> list[tuple[str, float]]:
    """The most frequent label, and its share, among the nearest reference points of each point (n, latent_dim)."""
    if labels.codes is None or not len(reference):
        return []
    out = []
    for point in np.asarray(points, dtype=float):
        distance = ((reference - point) ** 2).sum(1)
        near = np.argsort(distance, kind="stable")[:neighbours]
        votes = np.bincount(labels.codes[near], minlength=len(labels.names))
        out.append((labels.names[int(votes.argmax())], float(votes.max() / votes.sum())))
    return out


def summarise(
    names: Sequence[str], scores: Array, normal: Array, reads: Sequence[tuple[str, float]] = ()
) -> list[Named]:
    """One entry per name, in order of appearance: median score, share of normal rows above it, majority label."""
    names = [str(n) for n in names]
    scores, normal = np.asarray(scores, dtype=float), np.asarray(normal, dtype=float)
    entries = []
    for name in dict.fromkeys(names):
        mine = [i for i, n in enumerate(names) if n == name]
        score = float(np.median(scores[mine]))
        share = float((normal >= score).mean()) if len(normal) else 0.0
        label, agree = None, 0.0
        if reads:
            votes: dict[str, float] = {}
            for i in mine:
                votes[reads[i][0]] = votes.get(reads[i][0], 0.0) + reads[i][1]
            label = max(votes, key=lambda k: votes[k])
            agree = votes[label] / len(mine)
        entries.append(Named(name, score, share, label, agree))
    return entries


def enumeration(words: Sequence[str]) -> str:
    """Join words: 'A', 'A and B', 'A, B and C'."""
    words = list(words)
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""


def percent(share: float) -> str:
    """Format a share: '0.4 %', '12 %', 'none'."""
    if share <= 0:
        return "none"
    return f"{100 * share:.1f} %" if share < 0.01 else f"{100 * share:.0f} %"


def sentence_on_named(
    entries: Sequence[Named], one: str = "letter", home: str = "digit", which: str = "held-out"
) -> str:
    """A summary of the named rows: which pass for normal, which scores highest, and how each is classified.

    ``one`` and ``home`` are the nouns for an anomalous and a normal row; ``which`` is the name of the normal rows.
    """
    if not entries:
        return ""
    ordered = sorted(entries, key=lambda e: e.score)
    first, last = ordered[0], ordered[-1]
    passing = [e for e in ordered if e.share >= PASSES]
    if passing:
        text = (
            f"{first.name} passes best for a {home}: {percent(first.share)} of the {which} {home}s "
            f"are at least as strange. "
        )
        others = [e.name for e in passing[1:]]
        if others:
            text += f"At the 5 % level {enumeration(others)} {'passes' if len(others) == 1 else 'pass'} too. "
    else:
        text = (
            f"No {one} passes for a {home} at the 5 % level; {first.name} comes closest, with "
            f"{percent(first.share)} of the {which} {home}s at least as strange. "
        )
    if len(ordered) > 1:
        text += f"{last.name} is the strangest. "
    readings = _readings(entries)
    if readings:
        text += f"By their nearest neighbours in latent space, {readings}."
    return text.strip()


def _readings(entries: Sequence[Named]) -> str:
    groups: dict[str, list[str]] = {}
    for entry in entries:
        if entry.read_as is not None:
            groups.setdefault(entry.read_as, []).append(entry.name)
    parts: list[str] = []
    for label in sorted(groups):
        names = groups[label]
        verb = " is read as " if len(names) == 1 else " are read as "
        parts.append(f"{enumeration(names)}{verb if not parts else ' as '}{label}")
    return "; ".join(parts)


def by_name(entries: Sequence[Named]) -> Mapping[str, float]:
    """{name: score}, for the marks of the histogram."""
    return {e.name: e.score for e in entries}
