"""The answer of ``Text.detect``: strange lines, and the words and characters in them that surprise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.result_table import to_frame
from quintet.tasks.detect.listing import detection_columns, print_detections

Array = npt.NDArray[np.float64]
WIDEST = 60
"""Characters of a line that are printed."""


@dataclass(frozen=True, repr=False)
class TextDetections:
    """Scores, p-values and decisions for n lines.

    ``scores`` (n,): higher is stranger; of a line of several rows that of the strangest. ``p_values`` (n,): share of
    normal lines at least as strange; of a line of several rows the smallest times their number, at most 1.
    ``is_anomaly`` (n,). ``characters``: for each line the nats of surprise of its characters (length,), each given all
    others, above what is usual at its place. ``ends`` (n,): nats of the end of the line. ``lines``: as they were asked.
    ``rule``: the decision rule as text. ``calibration_rows``: the fewest that a line was compared with.
    """

    scores: Array
    p_values: Array
    is_anomaly: npt.NDArray[np.bool_]
    characters: tuple[Array, ...]
    ends: Array
    lines: tuple[str, ...]
    rule: str = ""
    calibration_rows: int = 0

    def __len__(self) -> int:
        return len(self.scores)

    def __repr__(self) -> str:
        """What was found in a line, and a table of the strangest lines."""
        about = f"compared with {self.calibration_rows} calibration rows, {self.rule}"
        columns = detection_columns(self.scores, self.p_values, self.is_anomaly)
        shown = [line if len(line) <= WIDEST else f"{line[: WIDEST - 1]}…" for line in self.lines]
        return print_detections(columns | {"text": np.array([*shown, None], dtype=object)[:-1]}, about, "line")

    def words(self) -> dict[str, list[Any]]:
        """Every word, without spaces, with the sum of its characters' nats; the most surprising come first.

        ``line`` and ``position``, the character at which it begins, count from 0.
        """
        found = [
            (number, part.start(), part.group(), float(nats[part.start() : part.end()].sum()))
            for number, (line, nats) in enumerate(zip(self.lines, self.characters, strict=True))
            for part in re.finditer(r"\S+", line)
        ]
        found.sort(key=lambda word: -word[3])
        names = ("line", "position", "word", "nats")
        return {name: [word[i] for word in found] for i, name in enumerate(names)}

    def strangest_words(self) -> list[str]:
        """The most surprising word of each line; "" where no word surprises."""
        best = [("", 0.0)] * len(self)
        table = self.words()
        for number, word, nats in zip(table["line"], table["word"], table["nats"], strict=True):
            if nats > best[number][1]:
                best[number] = (word, nats)
        return [word for word, _ in best]

    def to_frame(self, library: str | None = None) -> Any:
        """A frame of the lines in their order: score, p_value, is_anomaly, strangest_word, text.

        Parameters
        ----------
        library : "pandas" or "polars"; None: pandas if it is installed, else Polars.
        """
        columns = detection_columns(self.scores, self.p_values, self.is_anomaly)
        return to_frame(columns | {"strangest_word": self.strangest_words(), "text": list(self.lines)}, library)

    def words_frame(self, library: str | None = None) -> Any:
        """``words`` as a frame."""
        return to_frame(self.words(), library)


def of_characters(line: str, tokens: Sequence[int], nats: Array, counts: Sequence[float]) -> Array:
    """Nats of each character (length,), from those of the tokens, spread evenly over their bytes.

    Parameters
    ----------
    tokens, nats, counts : (tokens,), what they cost, and how many bytes each stands for.
    """
    share = np.divide(nats, counts, out=np.zeros(len(tokens)), where=np.asarray(counts) > 0)
    halves = np.repeat(share / 2, (2 * np.asarray(counts)).astype(int))
    of_bytes = halves.reshape(-1, 2).sum(1)
    widths = [len(sign.encode("utf-8", "surrogateescape")) for sign in line]
    starts = np.cumsum([0, *widths])
    total = np.concatenate([[0.0], np.cumsum(of_bytes)])
    return np.asarray(total[starts[1:]] - total[starts[:-1]])
