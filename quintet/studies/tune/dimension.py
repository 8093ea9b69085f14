"""One option of a search: a range or a list of values, written as text or as Python values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from quintet.errors import InputError

FACTOR, WHOLE_FACTOR = 5.0, 4
"""A range that nobody gives reaches from the default over the factor to the default times the factor."""
LOG_FROM = 4.0
"""A range whose ends have this ratio or more is searched by the logarithm."""


@dataclass(frozen=True)
class Dimension:
    """An option and the values that a search tries: ``low`` to ``high``, or one of ``choices``.

    Parameters
    ----------
    name : parameter of ``VAE.set_params``, such as "training__learning_rate", or "network__OPTION".
    """

    name: str
    low: float = 0
    high: float = 0
    choices: tuple[Any, ...] = ()
    whole: bool = False

    @property
    def short(self) -> str:
        """The option's own name."""
        return self.name.rpartition("__")[2]

    @property
    def by_logarithm(self) -> bool:
        """Whether values are drawn by their logarithm."""
        return self.low > 0 and self.high >= LOG_FROM * self.low

    def suggest(self, trial: Any) -> Any:
        """The trial's value of the option."""
        if self.choices:
            return trial.suggest_categorical(self.name, self.choices)
        if self.whole:
            return trial.suggest_int(self.name, int(self.low), int(self.high), log=self.by_logarithm)
        return trial.suggest_float(self.name, self.low, self.high, log=self.by_logarithm)

    def distribution(self) -> Any:
        """The same as a distribution of Optuna."""
        from quintet.extras import extra

        with extra("tune", "quintet.studies.tune"):
            from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        if self.choices:
            return CategoricalDistribution(self.choices)
        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self.by_logarithm)
        return FloatDistribution(self.low, self.high, log=self.by_logarithm)

    def holds(self, value: Any) -> bool:
        """Whether a value is one that the search may try."""
        if self.choices:
            return value in self.choices
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high

    def __str__(self) -> str:
        tried = ", ".join(map(str, self.choices)) if self.choices else f"{self.low:g} to {self.high:g}"
        return f"{self.short} {tried}"


def given(name: str, values: Any, accepts: Callable[[Any], Any]) -> Dimension:
    """A dimension from a pair (low, high), a list of choices, or their text ``0.1..10`` and ``64,128``.

    Parameters
    ----------
    accepts : gives a value back as the option holds it, or raises ``InputError``.
    """
    values = parsed(values) if isinstance(values, str) else values
    wanted = "a pair (low, high), or a list of values"
    if isinstance(values, tuple) and len(values) == 2 and all(_is_number(value) for value in values):
        low, high = (accepts(value) for value in values)
        if not low < high:
            raise InputError(f"The range of {name} must rise, got {low:g} to {high:g}.")
        return Dimension(name, low, high, whole=isinstance(low, int) and isinstance(high, int))
    if isinstance(values, list) and values:
        return Dimension(name, choices=tuple(dict.fromkeys(accepts(value) for value in values)))
    raise InputError(f"The values of {name} must be {wanted}, got {values!r}.")


def around(name: str, default: Any, bounds: tuple[float | None, float | None], kind: type) -> Dimension:
    """A dimension around an option's default, within its bounds.

    Parameters
    ----------
    bounds : least and largest allowed value; None: no bound.
    kind : bool, int or float.
    """
    least, most = bounds
    if kind is bool:
        return Dimension(name, choices=(False, True))
    if least is not None and most is not None and most <= 1:  # a share
        return Dimension(name, float(least), float(most))
    if not _is_number(default) or default <= 0:
        raise InputError(f"{name} has no default to search around, got {default!r}: give a range such as 0.1..10.")
    factor = WHOLE_FACTOR if kind is int else FACTOR
    low, high = default / factor, default * factor
    low = low if least is None else max(low, least)
    high = high if most is None else min(high, most)
    if kind is int:
        return Dimension(name, max(1, math.ceil(low)), math.floor(high), whole=True)
    return Dimension(name, low, high)


def parsed(text: str) -> Any:
    """``0.1..10`` -> (0.1, 10.0); ``64,128`` -> [64, 128]; ``vae,ladder`` -> ["vae", "ladder"]."""
    low, dots, high = text.partition("..")
    if dots:
        ends = (_value(low), _value(high))
        if not all(map(_is_number, ends)):
            raise InputError(f"A range must be LOW..HIGH, such as 0.1..10, got {text}.")
        return ends
    return [_value(part) for part in text.split(",") if part.strip()]


def _value(text: str) -> Any:
    words: dict[str, Any] = {"true": True, "false": False, "none": None}
    text = text.strip()
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def names_of(dimensions: Sequence[Dimension]) -> list[str]:
    """The full names, in order."""
    return [dimension.name for dimension in dimensions]
