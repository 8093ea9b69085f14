"""What a public method or function does before and after its own work."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def public(function: Function) -> Function:
    """A public entry: it runs in a clean room (``quintet.numerics.clean``), whatever state its caller's process is in.

    A generator is in the room only while it works, so that its caller never sees the room's state.
    """
    run = _stepwise(function) if inspect.isgeneratorfunction(function) else _whole(function)
    run.is_public = True
    return run  # type: ignore[no-any-return]


def _whole(function: Callable[..., Any]) -> Any:
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        from quintet.numerics import clean

        with clean():
            return function(*args, **kwargs)

    return run


def _stepwise(function: Callable[..., Iterator[Any]]) -> Any:
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Iterator[Any]:
        from quintet.numerics import clean

        steps: Any = function(*args, **kwargs)
        try:
            while True:
                with clean():
                    try:
                        item = next(steps)
                    except StopIteration:
                        return
                yield item
        finally:
            with clean():
                steps.close()

    return run
