"""Sentences on how many rows train, calibrate and watch, and the warning of too few."""

from __future__ import annotations

from quintet.errors import warn
from quintet.estimators._input.holdout import FEWEST, Split

FEW = FEWEST
"""With fewer rows than ``fit`` likes to hold out for p-values alone, a fit warns."""


def held_out(parts: Split, n: int) -> str:
    """How many rows have which part, in a sentence."""
    watched = 0 if parts.validation is None else len(parts.validation)
    if not parts.held_out:
        return f"{len(parts.train)} of {n} rows train, none calibrate the p-values, which are then all 1"
    held = f"{parts.held_out} calibrate the p-values"
    if parts.others:
        more = f"{parts.calibrating} calibrate the p-values by {len(parts.others)} more models of other parts"
        held = f"{parts.held_out} are held out, {more}"
    return f"{len(parts.train)} of {n} rows train, {held}, {watched} watch the training"


def without_answers(parts: Split, n: int) -> str:
    """How many rows have which part, and what a compact model does not answer, in a sentence."""
    watched = 0 if parts.validation is None else len(parts.validation)
    return (
        f"{len(parts.train)} of {n} rows train, {watched} watch the training; the file has what coding needs alone, so "
        "impute, denoise, detect and drift are not answered"
    )


def doubts(parts: Split, n: int, compact: bool) -> list[str]:
    """Warn of a fit to few rows, and give the sentence: what it estimates from them varies from draw to draw.

    Parameters
    ----------
    n : rows given.
    compact : whether the model codes rows and answers nothing else.
    """
    if n >= FEW:
        return []
    lowest = f"no p-value is below {1 / (parts.calibrating + 1):.2g}" if parts.calibrating else "every p-value is 1"
    reliable = "compression is poor" if compact else f"imputed values, intervals and new rows are guesses, and {lowest}"
    sentence = f"Only {n} row{'' if n == 1 else 's'} to fit: with fewer than {FEW}, {reliable}; give some hundred rows."
    warn(sentence)
    return [sentence]
