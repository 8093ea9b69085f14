"""The answer of ``Text.denoise``: corrected lines, and every suggestion with its probability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from quintet.data.result_table import SHOWN, text_table, to_frame


class Suggestion(NamedTuple):
    """What a word may have been meant to be.

    Attributes
    ----------
    line, position : the line, and the character at which the word begins, from 0 on.
    word : as it stands there.
    suggestion : in its place.
    probability : of the suggestion, given the line.
    """

    line: int
    position: int
    word: str
    suggestion: str
    probability: float


@dataclass(frozen=True, repr=False)
class TextCorrections:
    """What looks mistyped in some lines.

    ``lines``: the lines with the suggestions in place whose probability is at least the threshold, in the form in which
    they were asked. ``suggestions``: all of them, by line and position; of one word the most probable comes first.
    ``applied``: for each suggestion whether it is in ``lines``.
    """

    lines: Any
    suggestions: tuple[Suggestion, ...]
    applied: tuple[bool, ...]

    def __repr__(self) -> str:
        """How many words were changed, and a table of the most probable suggestions."""
        head = f"{sum(self.applied)} words corrected, {len(self.suggestions)} suggestions"
        if not self.suggestions:
            return head
        order = sorted(range(len(self.suggestions)), key=lambda i: -self.suggestions[i].probability)[:SHOWN]
        table = self.columns()
        some = {name: [values[i] for i in order] for name, values in table.items()}
        return f"{head}; the most probable:\n{text_table(some)}"

    def columns(self) -> dict[str, list[Any]]:
        """The suggestions as columns: line, position, word, suggestion, probability, applied."""
        found = {name: [getattr(each, name) for each in self.suggestions] for name in Suggestion._fields}
        return found | {"applied": list(self.applied)}

    def to_frame(self, library: str | None = None) -> Any:
        """The suggestions as a frame.

        Parameters
        ----------
        library : "pandas" or "polars"; None: pandas if it is installed, else Polars.
        """
        return to_frame(self.columns(), library)


def corrected(line: str, chosen: list[Suggestion]) -> str:
    """A line with suggestions for different words in place."""
    for each in sorted(chosen, key=lambda suggestion: -suggestion.position):
        line = line[: each.position] + each.suggestion + line[each.position + len(each.word) :]
    return line
