"""Progress reports: a bar on a terminal and in a notebook, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from quintet.extras import extra, installed
from quintet.training.notebook_progress import in_notebook, notebook_bars
from quintet.training.progress_text import remaining


class Progress(Protocol):
    """Function called with the kind of work, the steps done, the total steps, and a note such as the loss."""

    def __call__(self, what: str, done: int, total: int, note: str = "") -> None: ...


class Lines:
    """Progress in lines: one for every tenth of the work, at most one in two seconds, and one at its end."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._what, self._tenth, self._last, self._begun = "", -1, 0.0, 0.0

    def __call__(self, what: str, done: int, total: int, note: str = "") -> None:
        """Print a line if one is due."""
        now = self._clock()
        if what != self._what:
            self._what, self._tenth, self._begun, self._last = what, 0, now, now
        tenth = 10 * done // max(total, 1)
        if tenth <= self._tenth or (done < total and now - self._last < 2):
            return
        self._tenth, self._last = tenth, now
        eta = remaining(now - self._begun, done, total)
        print(
            f"{what}: {100 * done // max(total, 1)} %{eta}{'; ' + note if note else ''}", file=self._stream, flush=True
        )


@contextmanager
def bar(stream: TextIO) -> Iterator[Progress]:
    """A Rich bar with the remaining time for each kind of work, removed at the end."""
    with extra("cli", "A progress bar"):
        from rich.console import Console
        from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

    progress_display = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    tasks: dict[str, TaskID] = {}
    with RichProgress(*progress_display, console=Console(file=stream), transient=True) as rich:

        def report(what: str, done: int, total: int, note: str = "") -> None:
            if what not in tasks:
                tasks[what] = rich.add_task(what, total=total, note=note)
            rich.update(tasks[what], completed=done, total=total)
            if note:
                rich.update(tasks[what], note=note)

        yield report


@contextmanager
def progress_display(stream: TextIO | None = None) -> Iterator[Progress]:
    """A bar if ``stream`` (by default standard error) is a terminal and Rich is installed, or in a notebook, otherwise
    lines."""
    stream = stream or sys.stderr
    if stream.isatty() and installed("rich"):
        with bar(stream) as report:
            yield report
    elif stream is sys.stderr and in_notebook():
        with notebook_bars() as bars:
            yield bars
    else:
        yield Lines(stream)
