"""Decorator of public functions and methods, which checks arguments and isolates the numerical state."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

from quintet.arguments.checking import Arguments

Function = TypeVar("Function", bound=Callable[..., Any])


def public(function: Function) -> Function:
    """Decorate a public function: check its arguments against its annotations, and run it isolated.

    Arguments are checked first (``quintet.arguments``); the function then does not depend on the numerical settings of
    the caller's process (``quintet.numerics``). A generator function is isolated only while it computes an item.
    """
    run = _stepwise(function) if inspect.isgeneratorfunction(function) else _whole(function)
    run.is_public = True
    return run  # type: ignore[no-any-return]


def _whole(function: Callable[..., Any]) -> Any:
    take = Arguments(function)

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        from quintet.numerics.isolation import isolated

        args, kwargs = take(args, kwargs)
        with isolated():
            return function(*args, **kwargs)

    return run


def _stepwise(function: Callable[..., Iterator[Any]]) -> Any:
    take = Arguments(function)

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Iterator[Any]:
        args, kwargs = take(args, kwargs)
        return _steps(function(*args, **kwargs))

    return run


def _steps(steps: Any) -> Iterator[Any]:
    from quintet.numerics.isolation import isolated

    try:
        while True:
            with isolated():
                try:
                    item = next(steps)
                except StopIteration:
                    return
            yield item
    finally:
        with isolated():
            steps.close()
