"""Rules built from classes, predicates and other rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from quintet.arguments.rules import REFUSED, Rule


@dataclass(frozen=True)
class Instance(Rule):
    """Instance of a class."""

    kind: type | tuple[type, ...]
    called: str = ""

    @property
    def words(self) -> str:
        """Description of the class."""
        name = getattr(self.kind, "__name__", "object")
        return self.called or f"{'an' if name[0] in 'AEIOaeio' else 'a'} {name}"

    def convert(self, value: Any) -> Any:
        """The object."""
        return value if isinstance(value, self.kind) else REFUSED


@dataclass(frozen=True)
class Having(Rule):
    """Object with these attributes."""

    names: tuple[str, ...]
    words: str = ""

    def convert(self, value: Any) -> Any:
        """The object."""
        has = not isinstance(value, type) and all(hasattr(value, name) for name in self.names)
        return value if has else REFUSED


@dataclass(frozen=True)
class Function(Rule):
    """Callable that is not a class."""

    words = "a function"

    def convert(self, value: Any) -> Any:
        """The function."""
        return value if callable(value) and not isinstance(value, type) else REFUSED


@dataclass(frozen=True)
class Several(Rule):
    """Sequence whose items all satisfy one rule; ``length`` None: any length."""

    item: Rule
    length: int | None = None

    @property
    def words(self) -> str:
        """Description of the items."""
        return f"a sequence of which each of {self.length or 'its'} items is {self.item.words}"

    def convert(self, value: Any) -> Any:
        """The value as a tuple."""
        if (
            isinstance(value, str | bytes | Mapping)
            or not isinstance(value, Iterable)
            or getattr(value, "ndim", 1) == 0
        ):
            return REFUSED
        items = tuple(self.item.convert(part) for part in value)
        wrong = any(part is REFUSED for part in items) or self.length not in (None, len(items))
        return REFUSED if wrong else items


@dataclass(frozen=True)
class Anything(Rule):
    """Any value."""

    words = "anything"

    def convert(self, value: Any) -> Any:
        """The value."""
        return value


@dataclass(frozen=True)
class Satisfying(Rule):
    """Value that a predicate accepts."""

    accepts: Callable[[Any], bool]
    words: str = ""

    def convert(self, value: Any) -> Any:
        """The value."""
        return value if self.accepts(value) else REFUSED


@dataclass(frozen=True)
class Either(Rule):
    """Value that satisfies at least one of several rules."""

    rules: tuple[Rule, ...]

    @property
    def words(self) -> str:
        """Description of all rules."""
        *some, last = (rule.words for rule in self.rules)
        return f"{', '.join(some)} or {last}"

    def convert(self, value: Any) -> Any:
        """The result of the first rule that allows the value."""
        for rule in self.rules:
            if (found := rule.convert(value)) is not REFUSED:
                return found
        return REFUSED

    def cure(self, value: Any) -> str:
        """The first cure of a rule."""
        return next(filter(None, (rule.cure(value) for rule in self.rules)), "")
