"""Exceptions and warnings; each message is one sentence with the cure."""

from collections.abc import Iterable
from difflib import get_close_matches


class QuintetError(Exception):
    """Base class of errors that a user can correct; the message is one sentence with the cure."""


class InputError(QuintetError, ValueError):
    """Data or an argument is not valid."""


class NotNumbers(InputError, TypeError):
    """Cells are not numbers; also a ``TypeError``, as scikit-learn requires."""


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


class QuintetWarning(UserWarning):
    """A valid input or result that needs attention."""


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
