"""Progress that nobody asked for: a bar where somebody watches, once the work has taken some seconds."""

from __future__ import annotations

import multiprocessing
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from quintet.training.notebook_progress import in_notebook
from quintet.training.progress import Progress, progress_display

SECONDS = 3.0
"""Work that takes less shows nothing."""


def watched() -> bool:
    """Whether somebody watches this process: at a terminal or in a notebook, and not one of several workers' output."""
    alone = threading.current_thread() is threading.main_thread()
    return alone and multiprocessing.current_process().name == "MainProcess" and (sys.stderr.isatty() or in_notebook())


@contextmanager
def late_display(clock: Callable[[], float] = time.monotonic) -> Iterator[Progress | None]:
    """``progress_display`` from ``SECONDS`` on; None where nobody watches."""
    if not watched():
        yield None
        return
    begun, shown = clock(), list[Progress]()
    with ExitStack() as stack:

        def report(what: str, done: int, total: int, note: str = "") -> None:
            if not shown and clock() - begun >= SECONDS:
                shown.append(stack.enter_context(progress_display()))
            if shown:
                shown[0](what, done, total, note)

        yield report
