"""The sections of a page, one after the other, with the answers at its top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from quintet.errors import InputError, Unanswerable
from quintet.report.page import Answer, Section
from quintet.training.progress import Progress

Made = Section | tuple[Section, Answer]
Parts = Sequence[tuple[str, Callable[[Any], Made]]]
ORDER = ("Compress", "Generate", "Denoise", "Detect", "Impute", "Forecast")
"""Questions in the order of the table of answers."""


def make_sections(parts: Parts, m: Any, progress: Progress | None) -> tuple[list[Section], list[Answer]]:
    """All sections and answers about some material; ``progress`` is called for each."""
    sections, answers = list[Section](), list[Answer]()
    for i, (name, make) in enumerate(parts):
        if progress is not None:
            progress("report", i, len(parts), name)
        section, answer = _section(name, make, m)
        sections.append(section)
        answers += [answer] if answer else []
    answers.sort(key=lambda answer: ORDER.index(answer.question))
    return sections, answers


def _section(name: str, make: Callable[[Any], Made], m: Any) -> tuple[Section, Answer | None]:
    """Make a section and its answer; if it cannot be made, the section holds the reason."""
    try:
        made = make(m)
    except (Unanswerable, InputError) as reason:
        return Section(name.replace(" ", "-"), name.capitalize(), notes=[str(reason)]), None
    return made if isinstance(made, tuple) else (made, None)
