"""Checks of a call's arguments, an estimator's parameters and a dataclass's fields against their rules."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache, wraps
from typing import Any, TypeVar, get_type_hints

from quintet.arguments.annotations import rule_of
from quintet.arguments.rules import Rule

F = TypeVar("F", bound=Callable[..., Any])
Taken = tuple[tuple[Any, ...], dict[str, Any]]


@cache
def rules_of(owner: Any) -> dict[str, Rule | None]:
    """The rule of each parameter of a function or field of a dataclass; None if its annotation has no rule.

    Annotations are evaluated on first use, so that they may refer to later definitions.
    """
    if is_dataclass(owner):
        hints = get_type_hints(owner, include_extras=True)
        return {field.name: rule_of(hints[field.name]) for field in fields(owner)}
    plain = inspect.unwrap(owner)
    hints = get_type_hints(_Parameters(plain), plain.__globals__, include_extras=True)
    names = inspect.signature(plain).parameters
    return {name: rule_of(hints[name]) if name in hints else None for name in names}


class _Parameters:
    """The annotations of a function's parameters; that of its result may name a type of an optional package."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__annotations__ = {name: hint for name, hint in function.__annotations__.items() if name != "return"}


class Arguments:
    """Checks and converts the arguments of one function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._rules: dict[str, Rule | None] = {}
        self._places: list[tuple[str, Rule | None]] = []

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Taken:
        """The converted arguments; unknown ones are passed on, and Python raises ``TypeError`` for them."""
        if not self._places:
            self._rules = rules_of(self.function)
            self._places = list(self._rules.items())
        positional = list(args)
        for place, (value, (name, rule)) in enumerate(zip(args, self._places, strict=False)):
            if rule is not None:
                positional[place] = rule.validate(name, value)
        named = {}
        for name, value in kwargs.items():
            known = self._rules.get(name)
            named[name] = value if known is None else known.validate(name, value)
        return tuple(positional), named


def checked(function: F) -> F:
    """Decorator that checks a function's arguments against its annotations."""
    take = Arguments(function)

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        positional, named = take(args, kwargs)
        return function(*positional, **named)

    return run  # type: ignore[return-value]


def hold_parameters(estimator: Any) -> None:
    """Check an estimator's parameters against the annotations of its ``__init__``; ``fit`` calls it, as in
    scikit-learn."""
    for name, rule in rules_of(estimator.__class__.__init__).items():
        if rule is not None and hasattr(estimator, name):
            rule.validate(name, getattr(estimator, name))


def hold_fields(made: Any) -> None:
    """Check a dataclass's fields against its annotations; NumPy's numbers become Python's."""
    for name, rule in rules_of(made.__class__).items():
        if rule is not None:
            object.__setattr__(made, name, rule.validate(name, getattr(made, name)))
