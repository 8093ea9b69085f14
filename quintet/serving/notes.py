"""Warnings of the library as notes of the request that they are about.

Python's warnings are the process's, and several models answer at a time. While the service runs, a warning of quintet
goes to the thread that raised it; other warnings are shown as before.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from quintet.errors import QuintetWarning

_thread = threading.local()


@contextmanager
def heard_by_thread() -> Iterator[None]:
    """Within it each thread hears its own warnings, by ``noted``."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def to_thread(message: Any, category: Any, *place: Any, **more: Any) -> None:
            heard = getattr(_thread, "heard", None)
            if heard is not None and issubclass(category, QuintetWarning):
                heard.append(str(message))
            elif not issubclass(category, QuintetWarning):
                show(message, category, *place, **more)

        warnings.simplefilter("always", QuintetWarning)
        # Rows of named columns come as arrays in the order of training.
        warnings.filterwarnings("ignore", message="X does not have valid feature names", category=UserWarning)
        warnings.showwarning = to_thread
        yield


@contextmanager
def noted() -> Iterator[list[str]]:
    """The warnings of quintet that this thread raises within it."""
    before = getattr(_thread, "heard", None)
    heard: list[str] = []
    _thread.heard = heard
    try:
        yield heard
    finally:
        _thread.heard = before
