"""What an option of a variant may hold is what its annotation says; ranges are the variant's own affair."""

from __future__ import annotations

import math
from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from quintet.errors import InputError

WORDS = {bool: "True or False", int: "a whole number", float: "a number", str: "a name", NoneType: "None"}


def hold_types(options: Any) -> None:
    """Refuse a value of another type than its option's; NumPy's numbers become Python's, lists tuples.

    A grid search hands over NumPy's numbers, and a file or ``--set`` lists; neither is the user's mistake.
    """
    hints = get_type_hints(type(options))
    for field in fields(options):
        value = _plain(getattr(options, field.name))
        kinds = _kinds(hints[field.name])
        known = all(kind in WORDS or get_origin(kind) is tuple for kind in kinds)
        if known and not any(_fits(value, kind) for kind in kinds):
            allowed = " or ".join(WORDS.get(kind, "several whole numbers") for kind in kinds)
            given = field.default not in (MISSING, None) and bool not in kinds
            example = f", such as {field.default!r}" if given else ""
            raise InputError(f"{field.name}={value!r} came; allowed is {allowed}{example}.")
        object.__setattr__(options, field.name, value)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return tuple(value) if isinstance(value, list) else value


def _kinds(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value is of a kind; True is no number here, and numbers are finite."""
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(_fits(item, int) for item in value)
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, kind)
