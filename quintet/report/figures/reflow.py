"""Lines of pictures broken into shorter ones where their captions would not fit side by side."""

import math
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

Line = tuple[str, NDArray[Any]]  # name, pictures (columns, H, W, 4)
Groups = Sequence[tuple[int, str]]
SMALLEST = 0.26
"""Smallest width in inches of a picture and its gap."""


def reflow(
    lines: Sequence[Line | None],
    captions: Sequence[Sequence[str]],
    groups: Groups,
    width: float,
    letter: float,
) -> tuple[Sequence[Line | None], Sequence[Sequence[str]], Groups, list[str]]:
    """Lines, captions, groups and a heading for each block, so that everything fits a ``width`` in inches.

    Unchanged where the captions and headings fit; otherwise the columns are cut into shorter lines, at the ends of the
    groups, whose names become headings.

    Parameters
    ----------
    letter : width of a letter in inches.
    """
    columns = max(len(line[1]) for line in lines if line is not None)
    widest = max((len(text) for block in captions for text in block), default=0)
    most = max(1, math.floor(width / max(SMALLEST, letter * (widest + 1))))
    named = all(letter * len(name) <= count * width / columns for count, name in groups)
    if columns <= most and named:
        return lines, captions, groups, []
    ranges = _ranges(groups or [(columns, "")], most)
    cut: list[Line | None] = []
    heads: list[Sequence[str]] = []
    headings: list[str] = []
    for first, last, name in ranges:
        blocks = _blocks(lines)
        for number, block in enumerate(blocks):
            part = [(title, pictures[first:last]) for title, pictures in block if len(pictures) > first]
            if not part:
                continue
            cut += [None, *part] if cut else part
            heads.append(captions[number][first:last] if number < len(captions) else [])
            headings.append(name if number == 0 else "")
    return cut, heads, (), headings


def _ranges(groups: Groups, most: int) -> list[tuple[int, int, str]]:
    """(first column, column after the last, name) of even parts of each group, of at most ``most`` columns."""
    found, start = [], 0
    for count, name in groups:
        parts = math.ceil(count / most)
        each = math.ceil(count / max(parts, 1))
        for k in range(parts):
            first = start + k * each
            found.append((first, min(first + each, start + count), name if k == 0 else ""))
        start += count
    return found


def _blocks(lines: Sequence[Line | None]) -> list[list[Line]]:
    """The lines between two gaps."""
    blocks: list[list[Line]] = [[]]
    for line in lines:
        if line is None:
            blocks.append([])
        else:
            blocks[-1].append(line)
    return blocks
