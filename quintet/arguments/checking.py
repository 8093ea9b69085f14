"""The arguments of a call, the parameters of an estimator and the fields of a dataclass, each held to its rule."""

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
    """The rule of each parameter of a function, or of each field of a dataclass; None where its annotation states none.

    Annotations are read when they are first needed, so that they may name what is defined later.
    """
    if is_dataclass(owner):
        hints = get_type_hints(owner, include_extras=True)
        return {field.name: rule_of(hints[field.name]) for field in fields(owner)}
    plain = inspect.unwrap(owner)
    hints = get_type_hints(plain, include_extras=True)
    names = inspect.signature(plain).parameters
    return {name: rule_of(hints[name]) if name in hints else None for name in names}


class Arguments:
    """Takes the arguments of one function, each by its rule."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._rules: dict[str, Rule | None] = {}
        self._places: list[tuple[str, Rule | None]] = []

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Taken:
        """The arguments as their rules take them; what fits no parameter is left for Python to refuse."""
        if not self._places:
            self._rules = rules_of(self.function)
            self._places = list(self._rules.items())
        positional = list(args)
        for place, (value, (name, rule)) in enumerate(zip(args, self._places, strict=False)):
            if rule is not None:
                positional[place] = rule.taken(name, value)
        named = {}
        for name, value in kwargs.items():
            known = self._rules.get(name)
            named[name] = value if known is None else known.taken(name, value)
        return tuple(positional), named


def checked(function: F) -> F:
    """A function whose arguments are held to the rules that its annotations state."""
    take = Arguments(function)

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        positional, named = take(args, kwargs)
        return function(*positional, **named)

    return run  # type: ignore[return-value]


def hold_parameters(estimator: Any) -> None:
    """Refuse parameters of an estimator that its ``__init__`` does not allow, as scikit-learn has it: in ``fit``."""
    for name, rule in rules_of(estimator.__class__.__init__).items():
        if rule is not None and hasattr(estimator, name):
            rule.taken(name, getattr(estimator, name))


def hold_fields(made: Any) -> None:
    """Refuse fields of a dataclass that its annotations do not allow; NumPy's numbers become Python's."""
    for name, rule in rules_of(made.__class__).items():
        if rule is not None:
            object.__setattr__(made, name, rule.taken(name, getattr(made, name)))
