"""Check that arrays have one shape."""

from __future__ import annotations

from typing import Any

from quintet.errors import InputError


def alike(name: str, array: Any, other: str, first: Any) -> None:
    """Raise InputError unless the argument ``name`` has the shape of the argument ``other``."""
    if array.shape != first.shape:
        raise InputError(f"{name} must have the shape of {other}, {first.shape}, got {array.shape}.")
