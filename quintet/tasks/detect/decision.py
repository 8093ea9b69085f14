"""Decision rule: which p-values count as anomalies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quintet.arguments import OpenShare, Share
from quintet.arguments.checking import hold_fields
from quintet.arguments.rules import Number
from quintet.errors import InputError
from quintet.tasks.detect.messages import warn_few_for_fdr, warn_few_for_share
from quintet.tasks.detect.p_values import discoveries


@dataclass(frozen=True)
class Decision:
    """Anomalies have p <= ``false_alarms``; with ``fdr``, Benjamini and Hochberg's procedure decides."""

    false_alarms: OpenShare
    fdr: Share | None = None

    def __post_init__(self) -> None:
        hold_fields(self)

    @classmethod
    def of(cls, fdr: float | None, false_alarms: float | None, default: float) -> Decision:
        """Build the rule from the arguments; ``default``: the false alarm rate if neither is given."""
        if fdr is not None and false_alarms is not None:
            raise InputError("fdr and false_alarms cannot both be given: give one of them.")
        return cls(default if false_alarms is None else false_alarms, fdr)

    def anomalies(self, p: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which rows are anomalies, (n,) of bool."""
        return np.asarray(p <= self.false_alarms) if self.fdr is None else discoveries(p, self.fdr)

    def warn(self, p: npt.NDArray[np.float64], held: int) -> None:
        """Warn if ``held`` calibration rows are too few for this rule."""
        if self.fdr is None:
            warn_few_for_share(len(p), held, self.false_alarms)
        else:
            warn_few_for_fdr(p, held, self.fdr)

    def __str__(self) -> str:
        return f"p <= {self.false_alarms:g}" if self.fdr is None else f"fdr <= {self.fdr:g}"


def share_of(false_alarms: object) -> float:
    """Validate a share of normal rows, above 0 and below 1."""
    return float(Number(above=0, below=1).validate("false_alarms", false_alarms))
