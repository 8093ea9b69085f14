"""Progress on standard error, for an estimator with ``verbose=True``."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from quintet.training import Progress, progress_display


@contextlib.contextmanager
def progress_bar(verbose: bool) -> Iterator[Progress | None]:
    """A bar on a terminal and in a notebook, plain lines elsewhere; None where ``verbose`` is False."""
    if not verbose:
        yield None
        return
    with progress_display(sys.stderr) as report:
        yield report
