"""Mistyped words: candidates weighed by the probability of the line with each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.data.sequences.text.rows import Array
from quintet.data.sequences.text.vocabulary import END, PAD, Vocabulary
from quintet.data.sequences.text.words import Word
from quintet.estimators._text.candidates import Doubtful, Proposer, posterior
from quintet.estimators._text.corrections import Suggestion
from quintet.estimators._text.edits import Neighbours
from quintet.estimators._text.token_rows import TextModel
from quintet.models.context.model import ContextModel
from quintet.models.objectives.elbo import observed_log_prob

LISTED = 0.01
"""The smallest probability of a suggestion that is listed."""


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
    vocabulary, segments, owners = text.description.vocabulary(), list[Array](), list[int]()
    for each in doubtful:
        line = lines[each.line]
        for word in (each.word.text, *(candidate.text for candidate in each.candidates)):
            segments.append(segment(vocabulary, line, each.word, word, text.description.steps))
            owners.append(each.line)
    whole = np.stack(segments)
    given = np.asarray(condition)[owners] if np.ndim(condition) and not isinstance(condition, dict) else condition
    found = iter(log_probs(text, whole, given, batch_rows).tolist())
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


def segment(vocabulary: Vocabulary, line: str, word: Word, put: str, steps: int) -> Array:
    """The row (steps,) of a line with another word in place of one; of a longer line the part around it.

    The part is the same for all words put there, so that its log probabilities can be compared.
    """
    room = max(0, (steps - len(word.text) - 4) // 2)
    start, stop = 0, len(line)
    if len(line) + 2 > steps:
        start, stop = max(0, word.start - room), min(len(line), word.stop + room)
    tokens = vocabulary.encode(line[start : word.start] + put + line[word.stop : stop])
    if stop == len(line):
        tokens = [*tokens, END]
    row = np.full(steps, PAD, dtype=np.uint16)
    row[: min(steps, len(tokens))] = tokens[:steps]
    return row


@torch.no_grad()
def log_probs(text: TextModel, rows: Array, condition: Any, batch_rows: int) -> Array:
    """log p of rows in nats without latents, (rows,)."""
    given, found = text.rows(rows, condition), []
    for batch, _, count in text.batches(given, batch_rows):
        found.append(_log_prob(text.model, batch)[:count].cpu())
    return np.asarray(torch.cat(found).double().numpy())


def _log_prob(model: ContextModel, batch: Batch) -> Tensor:
    """log p of the rows of a batch, (batch,): in one pass where the decoder can."""
    at_once = model.context.in_one_pass(batch.x[None], batch.observed[None], None, batch.condition)
    chain = model.without_latents(len(batch.x), batch.condition) if at_once is None else at_once
    return observed_log_prob(chain, batch.x[None], batch.observed)[0]
