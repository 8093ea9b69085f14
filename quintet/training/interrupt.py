"""Ctrl-C waits for the end of a step, so that what is saved is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


class Wish:
    """Whether the user asked to stop."""

    def __init__(self) -> None:
        self.stop = False


@contextmanager
def patient() -> Iterator[Wish]:
    """Within it the first Ctrl-C only sets ``stop``; a second one interrupts at once.

    Elsewhere than in the main thread, or where the program has a handler of its own, signals are left alone.
    """
    wish = Wish()
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield wish
        return

    def note(number: int, frame: FrameType | None) -> None:
        if wish.stop:
            raise KeyboardInterrupt
        wish.stop = True

    signal.signal(signal.SIGINT, note)
    try:
        yield wish
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def resume_hint(path: Path | None) -> str:
    """What there is of an interrupted run, and how to go on."""
    if path is None:
        return "no checkpoint file was given, so it cannot be resumed; the model has the weights of this moment"
    if not path.exists():
        return "there is no checkpoint yet"
    return f"{path} holds it: run the same again with resume=True (--resume) to go on"
