"""Rules for a single argument: a description of the allowed values, and the check."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any, Final

import numpy as np

from quintet.arguments.formatting import shown
from quintet.errors import InputError

REFUSED: Final = object()
"""Result of ``Rule.convert`` for a value that is not allowed."""


class Rule(ABC):
    """Rule for an argument, used as metadata of an annotation: ``draws: Annotated[int, Whole(1)]``."""

    @property
    @abstractmethod
    def words(self) -> str:
        """Description of the allowed values, which follows "must be" in messages."""

    @abstractmethod
    def convert(self, value: Any) -> Any:
        """The value, with NumPy's numbers converted to Python's; ``REFUSED`` if it is not allowed."""

    def cure(self, value: Any) -> str:
        """How to correct this value, or ""."""
        return ""

    def validate(self, name: str, value: Any) -> Any:
        """The checked and converted value of the argument ``name``.

        Raises
        ------
        InputError
            If the value is not allowed.
        """
        found = self.convert(value)
        if found is REFUSED:
            cure = self.cure(value)
            end = "" if not cure else f" ({cure})" if cure.endswith("?") else f": {cure}"
            raise InputError(f"{name} must be {self.words}, got {shown(value)}{end}.")
        return found


@dataclass(frozen=True)
class Whole(Rule):
    """Integer from ``least`` to ``most``; booleans are not integers."""

    least: int | None = None
    most: int | None = None

    @property
    def words(self) -> str:
        """Description of the allowed integers."""
        if self.most is not None:
            return f"an integer from {self.least} to {self.most}"
        return "an integer" if self.least is None else f"an integer of at least {self.least}"

    def convert(self, value: Any) -> Any:
        """The value as an int."""
        if isinstance(value, bool) or not isinstance(value, Integral):
            return REFUSED
        number = int(value)
        inside = (self.least is None or number >= self.least) and (self.most is None or number <= self.most)
        return number if inside else REFUSED


@dataclass(frozen=True)
class Number(Rule):
    """Finite number from ``least`` to ``most``; ``above`` and ``below`` are exclusive bounds."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None

    @property
    def words(self) -> str:
        """Description of the allowed numbers."""
        bounds = (
            ("of at least", self.least),
            ("of at most", self.most),
            ("above", self.above),
            ("below", self.below),
        )
        if self.least is not None and self.most is not None:
            return f"a number from {self.least:g} to {self.most:g}"
        given = " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
        return f"a number {given}" if given else "a finite number"

    def convert(self, value: Any) -> Any:
        """The value as a float."""
        if isinstance(value, bool) or not isinstance(value, Real):
            return REFUSED
        try:
            number = float(value)
        except OverflowError:  # an int beyond the range of floats
            return REFUSED
        inside = (
            math.isfinite(number)
            and (self.least is None or number >= self.least)
            and (self.most is None or number <= self.most)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
        )
        return number if inside else REFUSED


@dataclass(frozen=True)
class Flag(Rule):
    """True or False."""

    words = "True or False"

    def convert(self, value: Any) -> Any:
        """The value as a bool."""
        return bool(value) if isinstance(value, bool | np.bool_) else REFUSED


@dataclass(frozen=True)
class Nothing(Rule):
    """None."""

    words = "None"

    def convert(self, value: Any) -> Any:
        """None."""
        return None if value is None else REFUSED


@dataclass(frozen=True)
class Text(Rule):
    """String; its allowed values are checked elsewhere."""

    words: str = "a string"

    def convert(self, value: Any) -> Any:
        """The value as a str."""
        return str(value) if isinstance(value, str) else REFUSED


@dataclass(frozen=True)
class OneOf(Rule):
    """One of a few names."""

    names: tuple[str, ...]

    @property
    def words(self) -> str:
        """Description of the allowed names."""
        *some, last = map(repr, self.names)
        return f"{', '.join(some)} or {last}" if some else last

    def convert(self, value: Any) -> Any:
        """The value as a str."""
        return str(value) if isinstance(value, str) and value in self.names else REFUSED

    def cure(self, value: Any) -> str:
        """The most similar name."""
        close = get_close_matches(value, self.names, n=1, cutoff=0.5) if isinstance(value, str) else []
        return f"did you mean {close[0]!r}?" if close else ""
