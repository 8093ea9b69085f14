"""No answer holds NaN: the arrays of an answer are checked before it is returned."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, ParamSpec, TypeVar

import numpy as np

from quintet.errors import Unanswerable

NAN_CURE = (
    "the rows lie too far from those of training, or the training diverged; look for rows of a wrong unit, or fit "
    "again with a smaller learning_rate."
)
P = ParamSpec("P")
T = TypeVar("T")


def sound(question: Callable[P, T]) -> Callable[P, T]:
    """A question that raises ``Unanswerable`` where its answer would hold NaN."""

    @functools.wraps(question)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        answer = question(*args, **kwargs)
        for part in _arrays(answer):
            if np.isnan(part).any():
                raise Unanswerable(f"{question.__name__} gave NaN: {NAN_CURE}")
        return answer

    return checked


def _arrays(answer: Any) -> Iterator[Any]:
    """The arrays of floats in an answer: an array, a number, a tuple or a dataclass of such.

    Frames are checked where they are made, since generated tables may have missing cells.
    """
    if isinstance(answer, tuple | list):
        for part in answer:
            yield from _arrays(part)
    elif is_dataclass(answer) and not isinstance(answer, type):
        for field in fields(answer):
            yield from _arrays(getattr(answer, field.name))
    elif isinstance(answer, float | np.ndarray):
        array = np.asarray(answer)
        if array.dtype.kind == "f":
            yield array
