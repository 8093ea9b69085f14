"""Origin of the rows on a page: training, calibration or new, and the sentence that says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SEEN = ("train", "validation")
"""Parts of the data on which figures are optimistic."""


@dataclass(frozen=True)
class Origin:
    """How training used the rows of a page.

    Parameters
    ----------
    given : number of rows.
    trained : number of training rows among them; None if the model's file does not identify them.
    calibrates : (n,) over the evaluated rows, True for calibration rows of the p-values.
    equal : number of rows that equal a training row but may be other rows.
    """

    given: int
    trained: int | None = None
    calibrates: Array = field(default_factory=lambda: np.zeros(0, dtype=bool))
    equal: int = 0

    @property
    def word(self) -> str:
        """The name of the evaluated rows: "held-out", "training" or, if unknown, "given"."""
        if self.trained is None:
            return "given"
        return "training" if self.trained == self.given else "held-out"

    def sentence(self, home: str) -> str:
        """A sentence on the origin of the evaluated rows; ``home`` is the noun for one row."""
        if self.trained is None:
            return (
                "The model's file does not identify its training rows. If these rows are among them, the figures are "
                "optimistic."
            )
        if self.trained == self.given:
            return f"The model was trained on all of these {home}s, so all figures are optimistic."
        left_out = f"Of {self.given:,} {home}s given, {self.trained:,} are training rows and are left out. "
        equal = f"{self.equal:,} equal a training row, which can be chance for rows with few distinct values. "
        calibrating = int(self.calibrates.sum())
        rest = f"{calibrating:,} of the evaluated {home}s calibrate the p-values; they are not training rows."
        parts = ((left_out, self.trained), (equal, self.equal), (rest, calibrating))
        return "".join(sentence for sentence, count in parts if count).strip()


def origin_of(parts: Array) -> tuple[Origin, Array, Array]:
    """The origin of rows by their parts (``VAE.parts_of``), and the indices of evaluated and of training rows."""
    if (parts == "unknown").any():
        return Origin(len(parts)), np.arange(len(parts)), np.arange(0)
    seen = np.isin(parts, SEEN)
    judged = np.arange(len(parts)) if seen.all() else np.flatnonzero(~seen)
    origin = Origin(len(parts), int(seen.sum()), parts[judged] == "calibration", int((parts == "equal").sum()))
    return origin, judged, np.flatnonzero(seen)


def word_for_evaluated(trained: NDArray[np.bool_]) -> str:
    """The name of the evaluated rows, those that did not train the model unless all did: "new", "held-out" or
    "training"."""
    if trained.all():
        return "training"
    return "held-out" if trained.any() else "new"
