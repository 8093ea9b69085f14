"""Deprecated module and attribute names of version 0.1, which give the new objects with a DeprecationWarning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def renamed(old: str, homes: Sequence[str], names: Mapping[str, str] | None = None) -> Callable[[str], Any]:
    """The ``__getattr__`` of a moved module.

    Parameters
    ----------
    old : former name of the module.
    homes : modules with its contents now; the first one that has a name gives it.
    names : former name -> new name, for renamed attributes.
    """

    def give(name: str) -> Any:
        new = (names or {}).get(name, name)
        for home in homes if not name.startswith("__") else ():
            module = import_module(home)
            if hasattr(module, new):
                from quintet.errors import warn

                warn(f"{old}.{name} is now {home}.{new}.", DeprecationWarning)
                return getattr(module, new)
        raise AttributeError(f"module {old!r} has no attribute {name!r}")

    return give
