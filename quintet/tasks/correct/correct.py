"""Cells that look mistyped, by the odds of several kinds of damage given the other cells that are trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from quintet.data.columns.base import Array
from quintet.data.columns.spelling import NEAREST, Spelling
from quintet.data.dataset import Batch, Rows
from quintet.distributions import Distribution
from quintet.distributions.joint import Joint
from quintet.distributions.levels import Levels
from quintet.distributions.noise_models.columns import ColumnNoise
from quintet.errors import Unanswerable
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.models.fitted import Fitted
from quintet.tasks.correct.explanations import Evidence, Explained, TypedLevels, explained
from quintet.tasks.correct.numbers import NumberCells
from quintet.tasks.correct.resolution import resolved
from quintet.tasks.denoise.by_context import with_marginal
from quintet.tasks.denoise.noise_kinds import noise_for

ROUNDS = 4
"""Rounds in which the cells that look worst are hidden from the others, one more of a row in each."""
SAMPLE = 1_024
"""Rows that the rates of damage are estimated on."""
SEARCHES, STEPS = 2, 30
"""Searches on these rows, and steps of EM over the rates after each."""
PRIOR = (0.98, 0.01, 0.0025, 0.0025, 0.0025, 0.0025)
"""Shares of the explanations before any rows are seen."""
WEIGHT = 1_000.0
"""Number of cells that the prior shares count as."""


@dataclass(frozen=True)
class Corrections:
    """The cells of some rows, (n, cells).

    ``log_odds`` that a cell is damaged, in nats, -inf for missing cells; ``damage``: the index in ``KINDS`` of the most
    probable damage; ``right``: the right value if it is damaged, in the model's units; ``rates`` (kinds,): shares of
    the explanations.
    """

    log_odds: Tensor
    damage: Tensor
    right: Tensor
    rates: Tensor


def correct(
    fitted: Fitted,
    rows: Rows,
    spelt: Mapping[int, Spelling] | None = None,
    *,
    batch_rows: int = 128,
    progress: RowProgress | None = None,
) -> Corrections:
    """The odds that each cell is damaged, and its right value if it is.

    Parameters
    ----------
    spelt : the spelling of the cells of text, by their place in the row.
    """
    if not fitted.schema.columns or not fitted.model.has_context:
        raise Unanswerable(
            "Corrections need a table and a context decoder: fit with kind='columns', context='columns'."
        )
    search = _Search(fitted, spelt or {})
    rates = torch.tensor(PRIOR, dtype=torch.float64)
    index = torch.linspace(0, len(rows) - 1, min(SAMPLE, len(rows)), dtype=torch.float64).round().long()

    def likelihoods(batch: Batch, start: int) -> Mapping[str, Tensor]:
        at = index[torch.arange(start, start + len(batch)).clamp(max=len(index) - 1)]
        return {"log_prob": search(batch, at, rates)[0].log_prob.movedim(0, -1), "observed": batch.observed}

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        found, odds, damage = search(batch, torch.arange(start, start + len(batch)), rates)
        return {"log_odds": odds, "damage": damage, "right": found.right.gather(0, damage[None])[0]}

    with torch.no_grad():
        sample = rows.take(index)
        for _ in range(SEARCHES):
            seen = in_chunks(likelihoods, sample, batch_rows=batch_rows, device=fitted.device)
            rates = _rates(seen["log_prob"][seen["observed"]].double())
        out = in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="correct")
    return Corrections(out["log_odds"], out["damage"], out["right"], rates)


def _rates(log_prob: Tensor) -> Tensor:
    """Shares of the explanations, (kinds,), by EM from their likelihoods, (cells, kinds) in nats."""
    prior = torch.tensor(PRIOR, dtype=torch.float64)
    rates = prior
    for _ in range(STEPS):
        rates = torch.softmax(log_prob + rates.log(), -1).sum(0) + WEIGHT * prior
        rates = rates / rates.sum()
    return rates


class _Search:
    """Explanations of the cells of a batch, with the cells that look worst hidden from the others."""

    def __init__(self, fitted: Fitted, spelt: Mapping[int, Spelling]) -> None:
        self.fitted, self.spelt = fitted, spelt
        noise = noise_for(fitted, "replacement")
        assert isinstance(noise, ColumnNoise)
        self.noise = noise

    def __call__(self, batch: Batch, rows: Tensor, rates: Tensor) -> tuple[Explained, Tensor, Tensor]:
        """The explanations, the log odds of damage, and the most probable damage, (batch, cells) each.

        Parameters
        ----------
        rows : (batch,), places of the rows among those that the spelling is of; more than there are repeat the last.
        """
        x, observed = batch.x, batch.observed
        condition = batch.condition
        context = self.fitted.model
        noise = with_marginal(self.fitted, self.noise, batch, condition)
        assert isinstance(noise, ColumnNoise)
        assert noise.marginal is not None
        noise = replace(noise, marginal=resolved(self.fitted.schema, noise.marginal))
        log_rates = rates.log().to(x.device).reshape(-1, 1, 1)
        visible = observed.to(x.dtype)
        for number in range(ROUNDS):
            others = context.given_others(x[None], visible[None], condition)
            found = explained(self._evidence(batch, rows, others, noise, rates.log()))
            joint = found.log_prob.double() + log_rates
            odds = torch.where(observed, joint[1:].logsumexp(0) - joint[0], -torch.inf)
            if number < ROUNDS - 1:
                worst = odds.argsort(-1, descending=True).argsort(-1) <= number
                visible = (observed & ~(worst & (odds > 0))).to(x.dtype)
        return found, odds, joint[1:].argmax(0) + 1

    def _evidence(
        self, batch: Batch, rows: Tensor, others: Distribution, noise: ColumnNoise, log_rates: Tensor
    ) -> Evidence:
        assert isinstance(others, Joint)
        others = resolved(self.fitted.schema, others)
        numbers = levels = None
        for part in others.parts:
            cells = part.cells.tolist()
            if isinstance(part.distribution, Levels):
                levels = self._typed_levels(cells, rows, part.distribution, batch.x)
            else:
                numbers = NumberCells.of(self.fitted.schema, cells)
        return Evidence(batch.x, batch.observed, others, log_rates.to(batch.x), noise, numbers, levels)

    def _typed_levels(self, cells: Sequence[int], rows: Tensor, own: Levels, x: Tensor) -> TypedLevels | None:
        if not any(cell in self.spelt for cell in cells):
            return None
        found = [_typed(self.spelt.get(cell), rows.numpy()) for cell in cells]
        log_new, code, log_typo = (torch.from_numpy(np.stack(part, 1)) for part in zip(*found, strict=True))
        return TypedLevels(log_new.to(x), code.to(x.device), log_typo.to(x))


def _typed(spelt: Spelling | None, rows: Array) -> tuple[Array, Array, Array]:
    """``log_new`` (rows,), ``code`` and ``log_typo`` (rows, k) of some rows of a column."""
    if spelt is None or not len(spelt.log_new):
        shape = (len(rows), NEAREST)
        return np.zeros(len(rows)), np.zeros(shape, dtype=np.int64), np.full(shape, -np.inf)
    text = spelt.text[np.minimum(rows, len(spelt.text) - 1)]
    there = text >= 0
    log_typo = np.where(there[:, None], spelt.log_typo[text], -np.inf)
    return np.where(there, spelt.log_new[text], 0.0), spelt.code[text], log_typo
