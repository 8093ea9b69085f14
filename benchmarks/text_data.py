"""Lines of text of the benchmarks, split: first names and sentences of film reviews.

Repeated lines are dropped first, so that no held-out line is a training line. A seed shuffles the distinct lines; the
first tenth is asked, the second tenth validates (settings, early stopping), the rest trains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from common import data_folder

SETS = ("names", "sentences")


@dataclass(frozen=True)
class Split:
    """Lines and, of the sentences, their classes: 1 = positive, 0 = negative; of names all 0."""

    train: list[str]
    valid: list[str]
    test: list[str]
    labels: dict[str, list[int]]


def all_lines(name: str) -> dict[str, int]:
    """Every distinct line of a set with its class, in the order of the files, as the files spell them."""
    folder = data_folder() / "text"
    files = {"names": {"names.txt": 0}, "sentences": {"rt-polarity.pos": 1, "rt-polarity.neg": 0}}[name]
    return {line: label for file, label in files.items() for line in lines_of((folder / file).read_bytes())}


def lines_of(data: bytes) -> list[str]:
    """The lines of a file in UTF-8 without their line feeds."""
    return data.decode("utf-8").removesuffix("\n").split("\n")


def split(name: str, seed: int = 0, most: int | None = None) -> Split:
    """Training, validation and asked lines; at most ``most`` lines in all."""
    known = all_lines(name)
    lines = list(known)
    order = np.random.default_rng(seed).permutation(len(lines))[:most]
    tenth = len(order) // 10
    parts = {"test": order[:tenth], "valid": order[tenth : 2 * tenth], "train": order[2 * tenth :]}
    chosen = {part: [lines[i] for i in where] for part, where in parts.items()}
    labels = {part: [known[line] for line in found] for part, found in chosen.items()}
    return Split(**chosen, labels=labels)


def characters(lines: list[str]) -> int:
    """How many characters lines have, each with its line feed: what bits a character are counted over."""
    return sum(len(line) + 1 for line in lines)
