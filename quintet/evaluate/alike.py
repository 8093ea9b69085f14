"""Arrays that are compared cell by cell have one shape."""

from __future__ import annotations

from typing import Any

from quintet.errors import InputError


def alike(name: str, array: Any, other: str, first: Any) -> None:
    """Refuse the argument called ``name`` where its shape is not that of ``other``."""
    if array.shape != first.shape:
        raise InputError(f"{name} must have the shape of {other}, {first.shape}, got {array.shape}.")
