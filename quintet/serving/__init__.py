"""A service: fitted models that answer over HTTP."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quintet.serving.app import create_app as create_app
    from quintet.serving.keys import Keys as Keys
    from quintet.serving.limits import Limits as Limits
    from quintet.serving.server import serve as serve

_HOME = {
    "create_app": "quintet.serving.app",
    "Keys": "quintet.serving.keys",
    "Limits": "quintet.serving.limits",
    "serve": "quintet.serving.server",
}
__all__ = ["Keys", "Limits", "create_app", "serve"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'quintet.serving' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
