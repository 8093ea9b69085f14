"""Content types: of a request's body, and of the answer that its Accept header asks for."""

from __future__ import annotations

from collections.abc import Sequence

from quintet.serving.refusals import Refusal


def content_type(header: str, known: Sequence[str]) -> str:
    """The type of a body.

    Raises
    ------
    Refusal
        415 for any but the known ones.
    """
    given = header.partition(";")[0].strip().lower()
    if given not in known:
        got = repr(given[:60]) if given else "none"
        raise Refusal(415, "unsupported_type", f"The content-type must be {' or '.join(known)}, got {got}.")
    return given


def accepted(header: str, forms: Sequence[str]) -> str:
    """The form of the answer: of those that it can have, the one of the highest weight in an Accept header (RFC 9110,
    12.5.1); of equal ones the first of ``forms``.

    Raises
    ------
    Refusal
        406 where none is accepted.
    """
    weights = [_parsed(part) for part in header.split(",") if part.strip()] or [("*/*", 1.0)]
    ranked = [(_weight(form, weights), form) for form in forms]
    best = max(weight for weight, _ in ranked)
    if best <= 0:
        raise Refusal(406, "not_acceptable", f"The answer can be {' or '.join(forms)}: accept one of them.")
    return next(form for weight, form in ranked if weight == best)


def _weight(form: str, weights: Sequence[tuple[str, float]]) -> float:
    """The weight of the most specific range that a type is in; 0 if it is in none."""
    family = form.partition("/")[0] + "/*"
    for name in (form, family, "*/*"):
        found = [weight for given, weight in weights if given == name]
        if found:
            return max(found)
    return 0.0


def _parsed(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((text.removeprefix("q=") for text in parameters if text.startswith("q=")), "1")
    try:
        return name, float(weight)
    except ValueError:
        return name, 0.0
