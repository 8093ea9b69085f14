"""How long the text may be that stands in each cell of a column: a short description must not make a long file."""

from __future__ import annotations

from typing import Any

WIDEST = 200
"""Most characters that the writing of a column adds to a value."""


def are_short(*texts: Any) -> bool:
    """Whether all are text, and none is longer than ``WIDEST``."""
    return all(isinstance(text, str) and len(text) <= WIDEST for text in texts)
