"""Deferred Ctrl-C, which takes effect at the end of a training step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


class StopRequest:
    """Whether the user pressed Ctrl-C."""

    def __init__(self) -> None:
        self.stop = False


@contextmanager
def defer_interrupt() -> Iterator[StopRequest]:
    """Within the block the first Ctrl-C only sets ``stop``; a second one raises ``KeyboardInterrupt``.

    Outside the main thread, or if the program has its own handler, signals are not changed.
    """
    request = StopRequest()
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield request
        return

    def note(number: int, frame: FrameType | None) -> None:
        if request.stop:
            raise KeyboardInterrupt
        request.stop = True

    signal.signal(signal.SIGINT, note)
    try:
        yield request
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def resume_hint(path: Path | None, can_resume: bool) -> str:
    """The part of an interruption's message that says how to resume.

    Parameters
    ----------
    path : the checkpoint's file, if one was given.
    can_resume : whether the file is that of this run, and not missing or of an earlier one.
    """
    if path is None:
        return "no checkpoint file was given, so it cannot be resumed; the model has the weights of this moment"
    if not can_resume:
        return "there is no checkpoint yet"
    return f"{path} holds the run: repeat it with resume=True (--resume) to continue"
