"""Checks of a call's arguments, an estimator's parameters and a dataclass's fields against their rules."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from functools import cache, wraps
from typing import Any, TypeVar, get_type_hints

from quintet.arguments.annotations import rule_of
from quintet.arguments.rules import Rule
from quintet.errors import UnknownArgument, nearest

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
        """The converted arguments; Python refuses missing ones and too many."""
        if not self._places:
            self._rules = rules_of(self.function)
            self._places = list(self._rules.items())
        refuse_unknown(self.function, kwargs)
        positional = list(args)
        for place, (value, (name, rule)) in enumerate(zip(args, self._places, strict=False)):
            if rule is not None:
                positional[place] = rule.validate(name, value)
        named = {}
        for name, value in kwargs.items():
            known = self._rules.get(name)
            named[name] = value if known is None else known.validate(name, value)
        return tuple(positional), named


@cache
def _names(function: Callable[..., Any]) -> tuple[str, ...] | None:
    """The arguments that a function takes by name; None if it takes any."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return tuple(parameter.name for parameter in parameters if parameter.kind in by_name)


def refuse_unknown(function: Callable[..., Any], given: Iterable[str]) -> None:
    """Refuse names that are no arguments of the function, with those that it has.

    Raises
    ------
    UnknownArgument
        A ``TypeError`` with the words of Python's own, and what is allowed.
    """
    allowed = _names(function)
    wrong = [name for name in given if allowed is not None and name not in allowed]
    if wrong:
        called = function.__qualname__.removesuffix(".__init__")
        names = [name for name in allowed or () if name not in ("self", "cls")]
        words = nearest(wrong[0], names) if names else "it takes none by name"
        raise UnknownArgument(f"{called}() got an unexpected keyword argument {wrong[0]!r}: {words}.")


def constructor(init: F) -> F:
    """Decorator of an estimator's ``__init__``: a misspelt parameter is refused with the right one.

    Values are not checked, and ``inspect.signature`` is that of ``init``, as scikit-learn requires.
    """

    @wraps(init)
    def run(self: Any, *args: Any, **kwargs: Any) -> None:
        refuse_unknown(init, kwargs)
        init(self, *args, **kwargs)

    return run  # type: ignore[return-value]


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
