"""A page on a fitted model that runs the model in the browser: ``from quintet.explore import explore``."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quintet.explore.build import explore as explore

_HOME = {"explore": "build"}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'quintet.explore' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
