"""Type checks of a variant's options against their annotations; each variant checks its own ranges."""

from __future__ import annotations

import math
from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from quintet.errors import InputError

WORDS = {bool: "True or False", int: "a whole number", float: "a number", str: "a name", NoneType: "None"}


def check_option_types(options: Any) -> None:
    """Raise ``InputError`` for a value whose type differs from its option's annotation.

    NumPy scalars, as a grid search passes them, become Python numbers; lists, as files and ``--set`` give them, tuples.
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
            raise InputError(f"{field.name} must be {allowed}{example}, got {value!r}.")
        object.__setattr__(options, field.name, value)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return tuple(value) if isinstance(value, list) else value


def _kinds(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value has the type ``kind``; booleans are no numbers, and numbers must be finite."""
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(_fits(item, int) for item in value)
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, kind)
