"""The condition of a request as the estimators take it."""

from __future__ import annotations

import json
from typing import Any

from quintet.serving.bodies.shape import Shape
from quintet.serving.refusals import Refusal


def condition_of(given: Any, shape: Shape) -> Any:
    """A condition from a query, whose text may be a name, a number or JSON, or from a JSON body.

    Raises
    ------
    Refusal
        422 for a model without conditions.
    """
    if given is None:
        return None
    known = shape.schema.condition
    if known is None:
        raise Refusal(422, "invalid_input", "condition must be left out: this model has no conditions.")
    if not isinstance(given, str):
        return given
    try:
        value = json.loads(given)
    except (ValueError, RecursionError):
        return given
    return given if isinstance(value, int | float) and _holds_text(known, given) else value


def _holds_text(condition: Any, name: str) -> bool:
    """Whether the condition has a level that is this text, where the text looks like a number."""
    levels: list[Any] = [level for column in condition.columns for level in getattr(column, "levels", None) or ()]
    return name in levels
