"""The decision: which rows are called anomalies by their p-values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quintet.arguments import OpenShare, Share
from quintet.arguments.checking import hold_fields
from quintet.arguments.rules import Number
from quintet.errors import InputError
from quintet.tasks.detect.messages import few_for_fdr, few_for_share
from quintet.tasks.detect.p_values import discoveries


@dataclass(frozen=True)
class Decision:
    """Call rows with p <= ``false_alarms``; or, where ``fdr`` is given, by Benjamini and Hochberg's rule."""

    false_alarms: OpenShare
    fdr: Share | None = None

    def __post_init__(self) -> None:
        hold_fields(self)

    @classmethod
    def of(cls, fdr: float | None, false_alarms: float | None, default: float) -> Decision:
        """The rule that was asked for; ``default``: the share of false alarms where neither is given."""
        if fdr is not None and false_alarms is not None:
            raise InputError("fdr and false_alarms are two rules for one decision: give one of them.")
        return cls(default if false_alarms is None else false_alarms, fdr)

    def called(self, p: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which rows are called, (n,)."""
        return np.asarray(p <= self.false_alarms) if self.fdr is None else discoveries(p, self.fdr)

    def warn(self, p: npt.NDArray[np.float64], held: int) -> None:
        """Say where ``held`` calibration rows are too few for this rule."""
        if self.fdr is None:
            few_for_share(len(p), held, self.false_alarms)
        else:
            few_for_fdr(p, held, self.fdr)

    def __str__(self) -> str:
        return f"p <= {self.false_alarms:g}" if self.fdr is None else f"fdr <= {self.fdr:g}"


def share_of(false_alarms: object) -> float:
    """A share of normal rows, above 0 and below 1."""
    return float(Number(above=0, below=1).taken("false_alarms", false_alarms))
