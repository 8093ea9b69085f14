"""What a fit ends with."""

from __future__ import annotations

from dataclasses import dataclass

from quintet.errors import QuintetError
from quintet.models.fitted import Fitted
from quintet.training import History


@dataclass(frozen=True)
class FitResult:
    """The model, and what was noted on the way."""

    fitted: Fitted
    history: History
    notes: list[str]
    failure: QuintetError | None  # training diverged or was interrupted: to be raised once the rest is kept
