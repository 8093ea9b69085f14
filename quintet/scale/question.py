"""What is asked of every row: the question, its options, and which columns stand beside the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from quintet.errors import InputError, nearest

OPTIONS: dict[str, tuple[str, ...]] = {
    "detect": ("effort", "false_alarms", "score"),
    "impute": ("effort", "random_state"),
    "denoise": ("effort", "noise", "random_state", "rate"),
    "transform": (),
    "generate": ("random_state", "sampler", "temperature"),
}
"""Options of each question, those of the estimator's method whose meaning does not depend on the other rows."""
ALL, NONE = "all", "none"


@dataclass(frozen=True)
class Question:
    """A question to every row of a source.

    ``condition`` are the source's columns that hold the condition; ``keep`` those that stand beside the answers, None
    for all; ``where`` adds to ``detect`` the surprise of each cell; ``options`` are those of the estimator's method.
    """

    name: str
    condition: tuple[str, ...] = ()
    keep: tuple[str, ...] | None = None
    where: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        name: str,
        condition: str | Sequence[str] | None = None,
        keep: str | Sequence[str] = ALL,
        where: bool = False,
        options: Mapping[str, Any] | None = None,
    ) -> Question:
        """The question with its options checked; those that are None are left out."""
        if name not in OPTIONS:
            raise InputError(f"question={name!r} is not known: {nearest(name, OPTIONS)}.")
        given = {option: value for option, value in (options or {}).items() if value is not None}
        wrong = next((option for option in given if option not in OPTIONS[name]), None)
        if wrong is not None:
            allowed = nearest(wrong, OPTIONS[name]) if OPTIONS[name] else "it has none"
            raise InputError(f"{name} has no option {wrong!r}: {allowed}.")
        if where and name != "detect":
            raise InputError(f"where is an option of detect, got question={name!r}: leave it out.")
        kept = None if keep == ALL else () if keep == NONE else _names(keep)
        return cls(name, () if condition is None else _names(condition), kept, where, given)

    @property
    def fills(self) -> bool:
        """Whether the answers are the source's own columns, with other values."""
        return self.name in ("impute", "denoise")

    @property
    def lacks_noise(self) -> bool:
        """Whether the kind of noise has still to be chosen, for all rows alike."""
        return self.name == "denoise" and self.options.get("noise", "auto") == "auto"

    def with_option(self, name: str, value: Any) -> Question:
        """The same question with one option set."""
        return replace(self, options={**self.options, name: value})

    def described(self) -> dict[str, Any]:
        """The question as plain values, equal for equal questions; a choice of noise by its kind."""
        options = {name: getattr(value, "kind", value) for name, value in sorted(self.options.items())}
        keep = ALL if self.keep is None else list(self.keep)
        return {
            "question": self.name,
            "condition": list(self.condition),
            "keep": keep,
            "where": self.where,
            "options": {
                name: value if isinstance(value, str | int | float) else repr(value) for name, value in options.items()
            },
        }


def _names(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
