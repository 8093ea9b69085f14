"""Ctrl-C during `quintet fit`: the message names the checkpoint that continues the run, or says that there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from quintet.errors import Interrupted

CODE = 130
"""Exit code of an interrupted command, as shells give it: 128 and the number of SIGINT."""


@dataclass
class Run:
    """State of a run; ``written`` is the model's file once it is complete."""

    written: Path | None = None


@contextmanager
def naming_checkpoint(checkpoint: Path, resume: bool) -> Iterator[Run]:
    """Within the block Ctrl-C raises ``Interrupted`` with a sentence on the checkpoint; the run is yielded.

    An ``Interrupted`` of training itself says so already and passes.
    """
    before, run = _changed(checkpoint), Run()
    try:
        yield run
    except Interrupted:
        raise
    except BaseException as error:
        if not was_interrupted(error):
            raise
        after = _changed(checkpoint)
        earlier = after is not None and after == before and not resume
        raise Interrupted(f"interrupted; {_state(checkpoint, run, after is not None, earlier)}.") from None


def was_interrupted(error: BaseException) -> bool:
    """Whether an error is Ctrl-C, or was raised in consequence, as by the import of a package that was cut off."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, KeyboardInterrupt):
            return True
        found = found.__cause__ or found.__context__
    return False


def _state(checkpoint: Path, run: Run, exists: bool, earlier: bool) -> str:
    if run.written is not None:
        return f"{run.written} is complete"
    if earlier:
        return f"there is no checkpoint yet, {checkpoint} is that of an earlier run"
    if exists:
        return f"{checkpoint} holds the run: repeat the command with --resume to continue"
    return "there is no checkpoint yet and no model was written"


def _changed(path: Path) -> int | None:
    """Time of a file's last change; None without the file."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
