"""The question ``denoise`` about text: mistyped words, candidates weighed by the probability of the line with each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.arguments import BatchRows, Condition, LinesLike, OpenShare, Share
from quintet.data.sequences.text.reading import Lines, read_lines
from quintet.entry_points import public
from quintet.estimators._text.candidates import Doubtful, Proposer, posterior
from quintet.estimators._text.corrections import Suggestion, TextCorrections, corrected
from quintet.estimators._text.edits import Neighbours
from quintet.estimators._text.part_scores import Part, part_log_probs, part_with
from quintet.estimators._text.text_estimator import TextEstimator, model_of
from quintet.estimators._text.token_rows import TextModel

LISTED = 0.01
"""The smallest probability of a suggestion that is listed."""


@public
def denoise(
    self: TextEstimator,
    lines: LinesLike,
    *,
    threshold: Share = 0.5,
    rate: OpenShare = 0.02,
    condition: Condition | None = None,
    batch_rows: BatchRows = 128,
) -> TextCorrections:
    """Typos: suggestions with their probabilities, and the lines with the probable ones in place.

    Parameters
    ----------
    threshold : probability from which a suggestion is put in place.
    rate : share of the words that are mistyped, as far as is known beforehand.
    """
    text, given = model_of(self, "denoise"), read_lines(lines)
    return _mended_lines(text, given, threshold, rate, condition, batch_rows)


def _mended_lines(
    text: TextModel, given: Lines, threshold: float, rate: float, condition: Any, batch_rows: int
) -> TextCorrections:
    """Every suggestion for lines, and the lines with those in place that are probable enough."""
    found = suggestions(text, given.all, rate, condition, batch_rows)
    best = {each[:2]: each for each in reversed(found)}  # by line and position
    applied = tuple(each.probability >= threshold and best[each[:2]] is each for each in found)
    chosen: dict[int, list[Suggestion]] = {}
    for each, put in zip(found, applied, strict=True):
        if put:
            chosen.setdefault(each.line, []).append(each)
    mended = [corrected(line, chosen.get(number, [])) for number, line in enumerate(given.all)]
    return TextCorrections(given.in_form(mended), found, applied)


def suggestions(
    text: TextModel, lines: list[str], rate: float, condition: Any, batch_rows: int
) -> tuple[Suggestion, ...]:
    """Every suggestion with a probability of at least ``LISTED``, by line and position.

    p(suggestion | line) is proportional to p(the line with it) · p(what stands there | it was meant), over the word as
    it stands and the words one edit away.
    """
    known = dict(text.description.words)
    letters = len({sign for word in known for sign in word}) or 26
    proposer = Proposer(Neighbours(known), letters, rate)
    doubtful = proposer.doubtful(lines)
    if not doubtful:
        return ()
    vocabulary, parts, owners = text.description.vocabulary(), list[Part](), list[int]()
    for each in doubtful:
        line = lines[each.line]
        for word in (each.word.text, *(candidate.text for candidate in each.candidates)):
            parts.append(part_with(vocabulary, line, each.word, word, text.description.steps))
            owners.append(each.line)
    given = np.asarray(condition)[owners] if np.ndim(condition) and not isinstance(condition, dict) else condition
    found = iter(part_log_probs(text, parts, given, batch_rows).tolist())
    return tuple(suggestion for each in doubtful for suggestion in _weighed(each, found, proposer))


def _weighed(each: Doubtful, found: Any, proposer: Proposer) -> Sequence[Suggestion]:
    """The suggestions for a word, the most probable first, by the next log probabilities that were found."""
    own = next(found) + proposer.stays()
    others = [next(found) + candidate.log_slip for candidate in each.candidates]
    listed = [
        Suggestion(each.line, each.word.start, each.word.text, candidate.text, p)
        for candidate, p in zip(each.candidates, posterior(own, others), strict=True)
        if p >= LISTED
    ]
    return sorted(listed, key=lambda suggestion: -suggestion.probability)
