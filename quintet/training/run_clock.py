"""The clock of a run: its seconds, and when a report or a checkpoint is due."""

from __future__ import annotations

import math
import time

from quintet.training.interrupt import StopRequest
from quintet.training.processes import Moment, Processes

REFRESH = 0.25
"""Seconds between two reports of progress."""
LARGEST_SHARE = 0.05
"""Share of the time that saving takes at most, about: a large model is saved less often."""


class RunClock:
    """Seconds of a run, over all resumed runs.

    Parameters
    ----------
    processes : that agree on every look at the clock.
    request : whether the user asked to stop.
    started : value of ``time.perf_counter`` at which the run began, as if it had never been interrupted.
    reports : whether progress is reported.
    save_every : least seconds between two checkpoints; None: there is no file for them.
    """

    def __init__(
        self, processes: Processes, request: StopRequest, started: float, reports: bool, save_every: float | None
    ) -> None:
        self.processes, self.request, self.started, self.save_every = processes, request, started, save_every
        self.moment = Moment(0.0)
        self._next_report = 0.0 if reports else math.inf
        self._next_save = math.inf if save_every is None else self.seconds() + save_every

    def seconds(self) -> float:
        """Seconds of this run, over all resumed runs."""
        return time.perf_counter() - self.started

    def look(self) -> float:
        """Read the clock and the user's requests, on which all processes agree; the seconds of this run."""
        now = self.seconds()
        self.moment = self.processes.agree(Moment(now, now >= self._next_save, self.request.stop))
        return self.moment.now

    def report_is_due(self) -> bool:
        """Whether progress is to be reported now; the next report is due a while later."""
        if self.moment.now < self._next_report:
            return False
        self._next_report = self.moment.now + REFRESH
        return True

    def saved(self, began: float) -> None:
        """Set when the next checkpoint is due, after one whose writing began at ``began`` seconds."""
        if self.save_every is not None:
            now = self.seconds()
            self._next_save = now + max(self.save_every, (now - began) / LARGEST_SHARE)
