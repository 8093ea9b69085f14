"""Explanations of a cell's value, given the other cells: it is right, or damaged in one of several ways.

Each explanation k has a likelihood q_k(typed value | other cells): p(value | others) if the cell is right; for a value
of another row the column's own distribution; otherwise Σ p(right value | others) P(typed value | right value).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.binned import Binned
from quintet.distributions.joint import Joint, Part
from quintet.distributions.levels import IMPOSSIBLE, Levels
from quintet.distributions.noise_models.columns import ColumnNoise
from quintet.distributions.piecewise import Piecewise
from quintet.tasks.correct.numbers import Candidates, NumberCells, exchanged, other_units, wrong_digits

KINDS = ("right", "replaced", "units", "digits", "columns", "spelling")
"""The explanations; "replaced": by a value of another row, or by any value."""
CLOSE = 0.1
"""The suggested number is the one that the right value is most probably within this distance of, in standard
deviations of the column."""


@dataclass(frozen=True)
class TypedLevels:
    """What the spelling of the level cells of some rows says, (batch, cells) or (batch, cells, k).

    ``log_new``: log P(text | a new level), 0 for known ones; ``code`` and ``log_typo`` as in ``Spelling``.
    """

    log_new: Tensor
    code: Tensor
    log_typo: Tensor


@dataclass(frozen=True)
class Explained:
    """``log_prob`` (kinds, batch, cells) in nats, -inf where impossible; ``right`` (kinds, batch, cells): the right
    value under each explanation, in the model's units."""

    log_prob: Tensor
    right: Tensor


@dataclass(frozen=True)
class Evidence:
    """What explanations are computed from, over (batch, cells).

    Parameters
    ----------
    x, observed : the cells as typed.
    others : p(cell | trusted other cells).
    log_rates : (kinds,), log shares of the explanations.
    noise : replacement by values of other rows, or by any value.
    numbers : of the cells of the part of numbers.
    levels : spelling of the cells of the part of levels.
    """

    x: Tensor
    observed: Tensor
    others: Joint
    log_rates: Tensor
    noise: ColumnNoise
    numbers: NumberCells | None
    levels: TypedLevels | None


def explained(seen: Evidence) -> Explained:
    """Likelihood and right value of every explanation of every cell."""
    parts = []
    for own in seen.others.parts:
        find = _of_levels if isinstance(own.distribution, Levels) else _of_numbers
        parts.append(find(seen, own))
    joined = [
        seen.others.joined([getattr(part, name) for part in parts])  # (kinds, batch, cells)
        for name in ("log_prob", "right")
    ]
    return Explained(*joined)


def _of_numbers(seen: Evidence, own: Part) -> Explained:
    x, cells = _cells(seen.x, own), seen.numbers
    assert cells is not None
    assert isinstance(own.distribution, Binned)
    p = Piecewise.of(own.distribution)
    observed = _cells(seen.observed, own)
    right = p.log_prob(x[None])[0]
    log_prob, value = {"right": right}, {"right": x}
    log_prob["replaced"] = seen.noise.log_replaced(x, own)
    value["replaced"] = p.likeliest(CLOSE).to(x)
    ways = {"units": other_units(cells, x), "digits": wrong_digits(cells, x)}
    for kind, candidates in ways.items():
        log_prob[kind], value[kind] = _best(candidates, p.log_prob(candidates.x) + candidates.log_prob)
    turned = exchanged(cells, x, observed)
    alone = torch.stack([log_prob[kind] + seen.log_rates[KINDS.index(kind)] for kind in log_prob]).logsumexp(0)
    here = p.log_prob(turned.x)  # (others, batch, cells): the other cell's number in this one
    there = (here - alone).permute(2, 1, 0)  # this cell's number in the other one, against all else that it may be
    log_prob["columns"], value["columns"] = _best(turned, here + there + turned.log_prob)
    return _stacked(log_prob, value, x)


def _of_levels(seen: Evidence, own: Part) -> Explained:
    p, x = own.distribution, _cells(seen.x, own)
    assert isinstance(p, Levels)
    spelt = seen.levels
    new = torch.zeros_like(x) if spelt is None else spelt.log_new
    log_prob, value = {"right": p.log_prob(x)[0] + new}, {"right": x}
    log_prob["replaced"] = seen.noise.log_replaced(x, own) + new
    code = torch.arange(p.drawn.shape[-1], device=x.device)
    itself = (code == x.unsqueeze(-1)) & (p.drawn.sum(-1, keepdim=True) > 1)
    value["replaced"] = p.logits[0].masked_fill(~p.drawn | itself, IMPOSSIBLE).argmax(-1).to(x)
    if spelt is not None:
        table = torch.log_softmax(p.logits[0], -1).gather(-1, spelt.code) + spelt.log_typo
        candidates = Candidates(spelt.code.movedim(-1, 0).to(x), spelt.log_typo.movedim(-1, 0))
        log_prob["spelling"], value["spelling"] = _best(candidates, table.movedim(-1, 0))
    return _stacked(log_prob, value, x)


def _best(candidates: Candidates, log_prob: Tensor) -> tuple[Tensor, Tensor]:
    """log Σ over candidates, and the most probable one."""
    found = log_prob.masked_fill(candidates.log_prob == -torch.inf, -torch.inf)
    best = found.argmax(0, keepdim=True)
    values = candidates.x.expand_as(found).gather(0, best)[0]
    return found.logsumexp(0), values


def _stacked(log_prob: Mapping[str, Tensor], value: Mapping[str, Tensor], x: Tensor) -> Explained:
    nothing = torch.full_like(x, -torch.inf)
    return Explained(
        torch.stack([log_prob.get(kind, nothing).to(x) for kind in KINDS]),
        torch.stack([value.get(kind, x).to(x) for kind in KINDS]),
    )


def _cells(x: Tensor, part: Part) -> Tensor:
    return x.index_select(-1, part.cells)
