"""log p of a part of a line given what stands before it, without latents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.data.sequences.text.rows import Array
from quintet.data.sequences.text.vocabulary import END, PAD, Vocabulary
from quintet.data.sequences.text.words import Word
from quintet.estimators._text.token_rows import TextModel
from quintet.models.context.model import ContextModel
from quintet.models.context.tokens import TokenContext

BEHIND = 20
"""Characters behind a word that are weighed with it."""
SLACK = 4
"""Tokens by which a word that is put in place of another may be longer."""


class Part(NamedTuple):
    """A row of tokens (steps,), and the steps ``first`` to before ``stop`` that are weighed."""

    row: Array
    first: int
    stop: int


def part_with(vocabulary: Vocabulary, line: str, word: Word, put: str, steps: int) -> Part:
    """The part of a line around a word, with another word in its place.

    What stands before it and the characters behind it are the same for all words put there, so that their log
    probabilities can be compared.
    """
    stop = min(len(line), word.stop + BEHIND)
    end = [END] if stop == len(line) else []
    own, behind = ([*vocabulary.encode(text + line[word.stop : stop]), *end] for text in (word.text, put))
    room = max(0, steps - len(own) - SLACK)
    before = vocabulary.encode(line[: word.start])
    before = before[max(0, len(before) - room) :]
    tokens = [*before, *behind][:steps]
    row = np.full(steps, PAD, dtype=np.uint16)
    row[: len(tokens)] = tokens
    return Part(row, min(len(before), steps - 1), len(tokens))


@torch.no_grad()
def part_log_probs(text: TextModel, parts: Sequence[Part], condition: Any, batch_rows: int) -> Array:
    """log p of each part given the tokens before it in nats, (parts,)."""
    rows = text.rows(np.stack([part.row for part in parts]), condition)
    ends = torch.tensor([[part.first, part.stop] for part in parts], dtype=torch.int64)
    found = []
    for batch, start, count in text.batches(rows, batch_rows):
        own = ends[start : start + count].to(batch.x.device)
        own = torch.cat([own, own[-1:].expand(len(batch.x) - count, 2)])
        found.append(_log_prob(text.model, batch, own[:, :1], own[:, 1:])[:count].cpu())
    return np.asarray(torch.cat(found).double().numpy())


def _log_prob(model: ContextModel, batch: Batch, first: Tensor, stop: Tensor) -> Tensor:
    """log p of the steps from ``first`` to before ``stop``, (batch, 1) each, of every row, (batch,)."""
    longest = int((stop - first).max())
    at = first + torch.arange(longest, device=first.device)
    asked, at = at < stop, at.clamp(max=batch.x.shape[1] - 1)
    context = model.context
    if isinstance(context, TokenContext):  # the steps that are asked for, and no others
        about = context.about(None, batch.condition)[0].expand(len(batch.x), -1)
        cells = batch.x.to(torch.int32).cpu().numpy()
        shares = torch.log_softmax(context.logits(cells, at, about, context.in_order), -1)
        terms = shares.gather(-1, batch.x.gather(1, at).long()[..., None])[..., 0]
    else:
        at_once = context.in_one_pass(batch.x[None], batch.observed[None], None, batch.condition)
        chain = model.without_latents(len(batch.x), batch.condition) if at_once is None else at_once
        terms = chain.log_prob(batch.x[None])[0].gather(1, at)
    return torch.where(asked, terms, 0.0).sum(1)
