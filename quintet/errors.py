"""What the user did wrong and how to mend it, in one sentence."""

from collections.abc import Iterable
from difflib import get_close_matches


class QuintetError(Exception):
    """Base of every error that a user can mend; its text is one sentence with the cure."""


class InputError(QuintetError, ValueError):
    """Data or an argument is not legal."""


class NotNumbers(InputError, TypeError):
    """Cells that are no numbers at all; a TypeError, too, as scikit-learn's contract asks."""


class FileRefused(QuintetError, ValueError):
    """A file is missing, damaged, of another program, or belongs to another model."""


class Diverged(QuintetError, RuntimeError):
    """Training produced a NaN or ran away; the last good weights were kept."""


class Unanswerable(QuintetError, RuntimeError):
    """This variant cannot answer this question, and why."""


class ExtraMissing(QuintetError, ImportError):
    """An optional package is not installed; the text names the extra that installs it."""


class Interrupted(QuintetError, RuntimeError):
    """Training was interrupted; the text says how to go on."""


class QuintetWarning(UserWarning):
    """Something legal that may surprise."""


def nearest(name: object, allowed: Iterable[str]) -> str:
    """A clause with the nearest allowed names, then all of them."""
    names = sorted(allowed)
    close = get_close_matches(str(name), names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(repr(c) for c in close)}? " if close else ""
    return f"{hint}allowed are {', '.join(names)}"
