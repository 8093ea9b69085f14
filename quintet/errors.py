"""Exceptions and warnings; each message is one sentence with the cure."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from difflib import get_close_matches
from types import FrameType

from quintet.launched import is_first

BETWEEN = frozenset(
    {"quintet", "sklearn", "torch", "numpy", "joblib", "concurrent", "contextlib", "functools", "importlib"}
)
"""Packages whose frames stand between the caller's line and a warning; the caller's own is the first without them."""


class QuintetError(Exception):
    """Base class of errors that a user can correct; the message is one sentence with the cure."""


class InputError(QuintetError, ValueError):
    """Data or an argument is not valid."""


class NotNumbers(InputError, TypeError):
    """Cells are not numbers; also a ``TypeError``, as scikit-learn requires."""


class UnknownArgument(InputError, TypeError):
    """A function has no argument of this name; also a ``TypeError``, as Python raises."""


class FileRefused(QuintetError, ValueError):
    """A file is missing, damaged, not a quintet file, or of another model."""


class Diverged(QuintetError, RuntimeError):
    """Training produced NaN or diverged; the last good weights are restored."""


class Unanswerable(QuintetError, RuntimeError):
    """This variant cannot do this task; the message says why."""


class ExtraMissing(QuintetError, ImportError):
    """An optional package is not installed; the message names the extra that installs it."""


class Interrupted(QuintetError, RuntimeError):
    """Training was interrupted; the message says how to resume."""


class WorkerLost(QuintetError, RuntimeError):
    """Workers of a bulk answer died again and again; the message says what to change."""


class ProcessLost(QuintetError, RuntimeError):
    """Another process of a training ended or gave no answer; the message says how to resume."""


class QuintetWarning(UserWarning):
    """A valid input or result that needs attention."""


def warn(sentence: str, category: type[Warning] = QuintetWarning) -> None:
    """Warn at the caller's line, however deep in this package the reason is found; of several processes the first."""
    if not is_first():
        return
    frame = _callers_frame()
    warnings.warn_explicit(
        sentence,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=frame.f_globals.get("__name__", "<unknown>"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def _callers_frame() -> FrameType:
    """The innermost frame outside this package and the packages between; the outermost frame if there is none."""
    frame = sys._getframe(2)
    while frame.f_globals.get("__name__", "").partition(".")[0] in BETWEEN and frame.f_back is not None:
        frame = frame.f_back
    return frame


def quoted(name: object) -> str:
    """A name or level as it stands in a list: in double quotes, doubled within, where it could be misread.

    >>> ", ".join(map(quoted, ["Rome", "Milan, North", 7]))
    'Rome, "Milan, North", 7'
    """
    text = str(name)
    plain = text and ".." not in text and not any(sign.isspace() or sign in ',;"' for sign in text)
    return text if plain else '"' + text.replace('"', '""') + '"'


def nearest(name: object, allowed: Iterable[str]) -> str:
    """A clause with the most similar allowed names, followed by all of them."""
    names = sorted(allowed)
    close = get_close_matches(str(name), names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(repr(c) for c in close)}? " if close else ""
    return f"{hint}allowed are {', '.join(map(quoted, names))}"
