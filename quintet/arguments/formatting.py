"""Short one-line representation of any value for error messages."""

from __future__ import annotations

from typing import Any

import numpy as np

PLAIN = (int, float, complex, str, bytes, list, tuple, dict, set, frozenset, slice, type(None))
LONGEST = 60
"""Largest number of characters of a representation."""


def shown(value: Any) -> str:
    """The value's ``repr``, shortened to one line; for arrays their type and shape."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, type):
        return f"the class {value.__name__}"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"{_kind(value)} of shape {tuple(shape)}"
    if callable(value):
        return f"the function {getattr(value, '__name__', type(value).__name__)}"
    if not isinstance(
        value, int | float | complex | str | bytes | list | tuple | dict | set | frozenset | slice | None
    ):
        return _named(value)
    try:
        text = " ".join(repr(value).split())
    except Exception:  # an item's __repr__ may raise any error, and ints with too many digits raise too
        return _named(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _named(value: Any) -> str:
    """Representation of other objects: paths and dates as strings, others by their class."""
    path = hasattr(value, "__fspath__")
    text = str(value) if path or hasattr(value, "isoformat") else ""
    if path and len(text) > LONGEST:
        text = f"...{text[3 - LONGEST :]}"  # its end names the file
    if text and len(text) <= LONGEST:
        return repr(text)
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def _kind(value: Any) -> str:
    """Type of an object with a shape."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    device, name = getattr(value, "device", None), type(value).__name__
    if device is not None and name in ("Tensor", "Parameter"):
        return f"a tensor on the device {device}" if str(device) != "cpu" else "a tensor"
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"
