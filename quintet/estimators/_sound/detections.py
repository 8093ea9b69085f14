"""The answer of ``Sound.detect``: strange recordings, and what is damaged within them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.result_table import to_frame
from quintet.estimators._sound.damage import Interval
from quintet.tasks.detect.listing import detection_columns, print_detections


@dataclass(frozen=True, repr=False)
class SoundDetections:
    """Of each of n recordings how strange it is, and which stretches are damaged.

    ``names`` (n,) of files, or "0", "1", ...; ``scores`` (n,), higher is stranger; ``p_values`` (n,), the share of
    normal recordings at least as strange; ``is_anomaly`` (n,); ``where``, for each recording (frames, bands), nats of
    surprise of its mel spectrogram above the mean of normal ones; ``intervals``, for each recording its clicks and
    dropouts.
    """

    names: tuple[str, ...]
    scores: npt.NDArray[np.float64]
    p_values: npt.NDArray[np.float64]
    is_anomaly: npt.NDArray[np.bool_]
    where: npt.NDArray[np.float32]
    intervals: list[list[Interval]]
    rule: str = ""

    def __len__(self) -> int:
        return len(self.scores)

    def __repr__(self) -> str:
        """A table of the strangest recordings."""
        return print_detections(self._columns(), f"recordings ({self.rule})", labels=np.array(self.names))

    def to_frame(self, library: str | None = None) -> Any:
        """A frame of the recordings: name, score, p_value, is_anomaly, clicks and dropouts.

        Parameters
        ----------
        library : "pandas" or "polars"; None: pandas if it is installed, else Polars.
        """
        return to_frame({"recording": np.array(self.names)} | self._columns(), library)

    def interval_columns(self) -> dict[str, Any]:
        """Columns with a row for each interval: recording, kind, start, stop (steps) and p_value."""
        pairs = [(name, each) for name, own in zip(self.names, self.intervals, strict=True) for each in own]
        return {
            "recording": np.array([name for name, _ in pairs], dtype=np.str_),
            **{
                field: np.array([getattr(each, field) for _, each in pairs], dtype=dtype)
                for field, dtype in (("kind", np.str_), ("start", np.int64), ("stop", np.int64), ("p_value", float))
            },
        }

    def _columns(self) -> dict[str, Any]:
        columns = detection_columns(self.scores, self.p_values, self.is_anomaly)
        for kind in ("click", "dropout"):
            columns[f"{kind}s"] = np.array([sum(each.kind == kind for each in own) for own in self.intervals])
        return columns
