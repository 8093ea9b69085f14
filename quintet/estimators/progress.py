"""Progress on standard error, as an estimator's ``verbose`` asks for it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Literal

from quintet.training import Progress, progress_display
from quintet.training.late_progress import late_display


@contextlib.contextmanager
def progress_bar(verbose: bool | Literal["auto"]) -> Iterator[Progress | None]:
    """A bar on a terminal and in a notebook, plain lines elsewhere; None where ``verbose`` is False.

    Where it is "auto", a terminal and a notebook show it after some seconds of work, and nothing else does.
    """
    if not verbose:
        yield None
        return
    with late_display() if verbose == "auto" else progress_display(sys.stderr) as report:
        yield report
