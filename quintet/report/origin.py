"""Which of the rows given the model was trained on, and which of them a page may judge it by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SEEN = ("train", "validation")
"""Parts of the fit that no figure is honest on."""


@dataclass(frozen=True)
class Origin:
    """What the fit did with the rows of a page.

    Parameters
    ----------
    given : how many rows the page was given.
    trained : how many of them the model was trained on; None where its file does not say.
    calibrates : (n,) of the rows that are judged, True where one calibrates the p-values.
    equal : how many of those given equal a row of training and are not known to be that row.
    """

    given: int
    trained: int | None = None
    calibrates: Array = field(default_factory=lambda: np.zeros(0, dtype=bool))
    equal: int = 0

    @property
    def word(self) -> str:
        """What the judged rows are called: "held-out" where the model was not trained on them."""
        if self.trained is None:
            return "given"
        return "training" if self.trained == self.given else "held-out"

    def sentence(self, home: str) -> str:
        """Where the judged rows come from; ``home`` is what one is called."""
        if self.trained is None:
            return (
                "The file does not say which rows trained the model (it was written before files did): where these are "
                "among them, the figures flatter it."
            )
        if self.trained == self.given:
            return f"The model was trained on all of these {home}s, so every figure here flatters it."
        left_out = f"Of {self.given:,} {home}s given, {self.trained:,} trained the model and are left out. "
        equal = f"{self.equal:,} equal a row that trained, as rows of few values do by chance, and are judged. "
        calibrating = int(self.calibrates.sum())
        rest = f"{calibrating:,} of those judged calibrate its p-values; training did not see them."
        parts = ((left_out, self.trained), (equal, self.equal), (rest, calibrating))
        return "".join(sentence for sentence, count in parts if count).strip()


def origin_of(parts: Array) -> tuple[Origin, Array, Array]:
    """The origin of rows by their parts (``VAE.parts_of``), the numbers of those to judge, and of those trained on."""
    if (parts == "unknown").any():
        return Origin(len(parts)), np.arange(len(parts)), np.arange(0)
    seen = np.isin(parts, SEEN)
    judged = np.arange(len(parts)) if seen.all() else np.flatnonzero(~seen)
    origin = Origin(len(parts), int(seen.sum()), parts[judged] == "calibration", int((parts == "equal").sum()))
    return origin, judged, np.flatnonzero(seen)
