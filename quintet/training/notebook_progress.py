"""Progress in a notebook: a bar of the browser for each kind of work, which needs no further package."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from importlib import import_module
from typing import Any

from quintet.training.progress_text import remaining


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook; a terminal of IPython is none."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


class NotebookBars:
    """Progress as one output of the running cell, which is changed in place."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._begun = clock, dict[str, float]()
        self._lines: dict[str, tuple[int, int, str]] = {}
        self._shown: Any = None

    def __call__(self, what: str, done: int, total: int, note: str = "") -> None:
        """Show how far the work is."""
        self._begun.setdefault(what, self._clock())
        self._lines[what] = (done, total, note or self._lines.get(what, (0, 0, ""))[2])
        self._show({"text/html": "".join(map(self._html, self._lines)), "text/plain": self._text(what)})

    def end(self) -> None:
        """Take the bars away."""
        if self._shown is not None:
            self._show({"text/html": "", "text/plain": ""})

    def _show(self, content: dict[str, str]) -> None:
        if self._shown is None:
            display = import_module("IPython.display").display  # there, since this is its kernel
            self._shown = display(content, raw=True, display_id=True)
        else:
            self._shown.update(content, raw=True)

    def _text(self, what: str) -> str:
        done, total, note = self._lines[what]
        left = remaining(self._clock() - self._begun[what], done, total)
        return f"{what}: {100 * done // max(total, 1)} %{left}{'; ' + note if note else ''}"

    def _html(self, what: str) -> str:
        done, total, _ = self._lines[what]
        return f'<div><progress value="{done}" max="{max(total, 1)}"></progress> {escape(self._text(what))}</div>'


@contextmanager
def notebook_bars() -> Iterator[NotebookBars]:
    """Bars in the running cell, taken away at the end."""
    bars = NotebookBars()
    try:
        yield bars
    finally:
        bars.end()
