"""The question ``impute`` about text: marked tokens, the most probable ones or joint draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.arguments import BatchRows, Condition, DrawsOrMean, LinesLike, Mark, RandomState
from quintet.data.dataset import Batch
from quintet.data.sequences.text.reading import read_lines
from quintet.data.sequences.text.rows import Array, to_lines, to_rows
from quintet.data.sequences.text.vocabulary import PIECES, Vocabulary
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._answers.fitted_estimator import seed_for
from quintet.estimators._text.drawing import OnlyThese, ruled
from quintet.estimators._text.text_estimator import TextEstimator, model_of
from quintet.estimators._text.token_rows import TextModel, log_shares, of_each_row
from quintet.noise import RowNoise


@public
def impute(
    self: TextEstimator,
    lines: LinesLike,
    *,
    mark: Mark = "_",
    draws: DrawsOrMean = 0,
    condition: Condition | None = None,
    batch_rows: BatchRows = 128,
    random_state: RandomState | None = None,
) -> Any:
    """Lines with a character in the place of each mark, by what stands on both sides.

    Parameters
    ----------
    mark : what stands for a missing character; of bytes and byte pairs for a missing token.
    draws : 0 for the most probable characters, each alone; k for a list of k joint draws.
    """
    text, given = model_of(self, "impute"), read_lines(lines)
    seed = seed_for(self.vae_, random_state)
    found = _filled_lines(text, given.all, mark, draws, condition, batch_rows, seed)
    answers = [given.in_form(each) for each in found]
    return answers if draws else answers[0]


def _filled_lines(
    text: TextModel, lines: list[str], mark: str, draws: int, condition: Any, batch_rows: int, seed: int
) -> list[list[str]]:
    """Lines with a token in the place of each mark: one list of all lines, or ``draws`` of them.

    A mark stands for one token: a character, a byte of ASCII, or a piece of byte pairs that is text by itself.
    """
    vocabulary = text.description.vocabulary()
    tokens, holes = with_holes(vocabulary, lines, mark)
    if not any(map(any, holes)):
        return [list(lines) for _ in range(max(draws, 1))]
    rows, owners = to_rows(tokens, text.description.steps)
    missing, _ = to_rows(holes, text.description.steps)  # behind its end a row has tokens, which are not missing
    hidden = (missing == 1) & _before_the_end(holes, owners, missing.shape)
    asked = np.flatnonzero(hidden.any(1))
    each = of_each_row(condition, owners, len(lines))
    some = each[asked] if isinstance(each, np.ndarray) and each.ndim else each
    given = text.rows(rows[asked], some, hidden[asked])
    allowed = spelt_alone(vocabulary)
    parts = [
        _filled(text, batch, start, draws, allowed, seed)[:, :count].cpu()
        for batch, start, count in text.batches(given, batch_rows)
    ]
    answers = []
    for filled in torch.cat(parts, 1).numpy():
        whole = rows.copy()
        whole[asked] = np.where(hidden[asked], filled, rows[asked])
        answers.append([vocabulary.decode(line) for line in to_lines(whole)])
    return answers


def with_holes(vocabulary: Vocabulary, lines: list[str], mark: str) -> tuple[list[list[int]], list[list[int]]]:
    """Tokens of lines with any token in the place of each mark, and 1 at those places, else 0."""
    if "\n" in mark:
        raise InputError(f"mark must be a character that the text does not have, got {mark!r}: choose another one.")
    tokens, holes = list[list[int]](), list[list[int]]()
    for line in lines:
        own, there = list[int](), list[int]()
        for number, part in enumerate(line.split(mark)):
            if number:
                own.append(PIECES)
                there.append(1)
            found = vocabulary.encode(part)
            own += found
            there += [0] * len(found)
        tokens.append(own)
        holes.append(there)
    return tokens, holes


def spelt_alone(vocabulary: Vocabulary) -> Tensor:
    """Which tokens are text by themselves, (tokens,) of bool."""
    known = torch.zeros(vocabulary.size, dtype=torch.bool)
    for token in range(PIECES, vocabulary.size):
        known[token] = "\ufffd" not in vocabulary.decode([token], "replace")
    return known


def _before_the_end(holes: list[list[int]], owners: Array, shape: tuple[int, ...]) -> Array:
    """Which cells of rows stand before the end of their line, (rows, steps) of bool."""
    steps = shape[1]
    starts = np.searchsorted(owners, owners)
    place = (np.arange(len(owners)) - starts)[:, None] * steps + np.arange(steps)
    return np.asarray(place < np.array([len(line) for line in holes])[owners][:, None])


@torch.no_grad()
def _filled(text: TextModel, batch: Batch, start: int, draws: int, allowed: Tensor, seed: int) -> Tensor:
    """Rows with their missing tokens, (draws or 1, batch, steps)."""
    model, visible = text.model, batch.observed.to(batch.x.dtype)
    chain = model.decode(None, batch.condition, batch.x[None], visible[None])
    if not draws:
        shares = log_shares(chain.independent, len(allowed)).masked_fill(~allowed.to(batch.x.device), -torch.inf)
        best = shares.argmax(-1).to(batch.x.dtype)
        return torch.where(batch.observed[None], batch.x[None], best)
    found = [
        ruled(chain, OnlyThese(allowed), len(allowed)).sample(RowNoise((seed, 63, k), start, device=text.device))[0]
        for k in range(draws)
    ]
    return torch.stack(found)
