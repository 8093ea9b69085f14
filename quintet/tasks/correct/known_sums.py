"""Corrections by the sums that hold in every row of a table: which member of a broken sum is damaged, and its value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import log_softmax, logit

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.constraints.base import legal, modelled, support_of
from quintet.data.constraints.rows import inner_first
from quintet.data.constraints.sums import ROUNDING, Sum
from quintet.data.schema import Schema
from quintet.tasks.correct.correct import Corrections
from quintet.tasks.correct.explanations import KINDS
from quintet.tasks.correct.numbers import FACTORS

RARE = np.log(100.0)
"""Nats by which a member counts more as the damaged one if a factor of ten, or more, turns it into the sum's value: by
chance one in a hundred, or fewer, is like that."""
SURE = 6.0
"""Most log odds, in nats, that a broken sum gives: a law of all training rows may have exceptions."""


def with_sums(schema: Schema, cells: Array, found: Corrections) -> tuple[Corrections, Array]:
    """Corrections that know the sums of the table, and the right cells (n, cells) in the user's units.

    In a row that breaks a sum one member, at least, is damaged: the odds of the members say which. Its right value
    is what the others leave to it.

    Parameters
    ----------
    cells : (n, cells) in the user's units, NaN where missing.
    """
    right = np.asarray(schema.to_user(found.right), dtype=np.float64)
    odds, damage = found.log_odds.numpy().astype(np.float64), found.damage.numpy().copy()
    broken = _broken_sums(schema, cells)
    for one in broken:
        odds[one.at] = np.maximum(odds[one.at], _odds_of_broken(one, odds[one.at]))
    for one in broken:
        value, known = _repaired(one, odds[one.at] > 0, right[one.at])
        as_before = np.isclose(value, right[one.at], rtol=ROUNDING, atol=0.0)
        kinds = np.where(as_before, damage[one.at], _kind(one.columns, one.typed, value))
        right[one.at] = np.where(known, value, right[one.at])
        damage[one.at] = np.where(known, kinds, damage[one.at])
    return replace(found, log_odds=torch.from_numpy(odds), damage=torch.from_numpy(damage)), right


@dataclass(frozen=True)
class _Broken:
    """Rows that break a sum: the ``columns`` of its members, the total last, where the cells of these rows stand, and
    what was ``typed``, (n, members)."""

    columns: Sequence[AnyColumn]
    at: tuple[Array, Array]
    typed: Array


def _broken_sums(schema: Schema, cells: Array) -> list[_Broken]:
    own, found = modelled(schema.columns), []
    for law in inner_first(schema.constraints):
        if isinstance(law, Sum):
            places = law.places(schema.columns)
            columns = [own[place] for place in places]
            typed = np.full(cells.shape, np.nan)
            typed[:, places] = np.stack([legal(own[place], cells[:, place]) for place in places], 1)
            rows = np.flatnonzero(law.broken(schema.columns, typed))
            at = rows[:, None], np.array(places)[None]
            found.append(_Broken(columns, at, typed[at]))
    return [one for one in found if len(one.typed)]


def _repaired(broken: _Broken, doubted: Array, right: Array) -> tuple[Array, Array]:
    """The value of each member (n, members) by the sum, and whether the sum determines it: of a member that alone is
    doubted, and of a doubted total from its parts, as suggested where they are doubted, too."""
    columns, typed = broken.columns, broken.typed
    value, possible = _left_by_others(columns, typed)
    several = doubted.sum(1) > 1
    suggested = np.stack([legal(column, right[:, j]) for j, column in enumerate(columns)], 1)
    total = np.where(doubted, suggested, typed)[:, :-1].sum(1) + _apart(columns)
    value[several, -1] = legal(columns[-1], total)[several]
    known = possible & doubted & ~several[:, None]
    known[:, -1] |= several & doubted[:, -1]
    return value, known


def _odds_of_broken(broken: _Broken, odds: Array) -> Array:
    """Log odds that each member is the damaged one, (n, members), from those without the sum."""
    value, possible = _left_by_others(broken.columns, broken.typed)
    in_other_units = _kind(broken.columns, broken.typed, value) == KINDS.index("units")
    score = np.where(possible, odds + RARE * in_other_units, -np.inf)
    some = possible.any(1)
    found = np.full(odds.shape, -np.inf)
    with np.errstate(divide="ignore"):
        share = np.exp(log_softmax(score[some], 1)).clip(max=1.0)
        found[some] = np.minimum(logit(share), SURE)
    return found


def _apart(columns: Sequence[AnyColumn]) -> float:
    """What the sum of the parts' cells lacks to the total's cell, by the offsets of the columns."""
    offsets = [support_of(column).offset for column in columns]
    return float(sum(offsets[:-1]) - offsets[-1])


def _left_by_others(columns: Sequence[AnyColumn], typed: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """The value of each member that makes the sum hold, (n, members), and whether the column can have it."""
    missing = typed[:, -1] - typed[:, :-1].sum(1) - _apart(columns)
    raw = typed + np.concatenate([np.ones(len(columns) - 1), [-1.0]]) * missing[:, None]
    value = np.stack([legal(column, raw[:, j]) for j, column in enumerate(columns)], 1)
    step = np.array([column.spacing for column in columns])
    slack = np.maximum(step / 4, 10 * ROUNDING * np.abs(typed).max(1, keepdims=True))
    return value, np.abs(value - raw) <= slack


def _kind(columns: Sequence[AnyColumn], typed: Array, value: Array) -> npt.NDArray[np.int64]:
    """How each value became the typed one, the place in ``KINDS``: by a factor, by a digit, or else."""
    out = np.full(typed.shape, KINDS.index("replaced"))
    for j, column in enumerate(columns):
        offset, step = float(support_of(column).offset), column.spacing
        a, b = typed[:, j] + offset, value[:, j] + offset
        out[[_by_a_digit(*pair, step) for pair in zip(a, b, strict=True)], j] = KINDS.index("digits")
        near = np.maximum(0.501 * step, 10 * ROUNDING * np.abs(a))[:, None]
        factor = (np.abs(a[:, None] - b[:, None] * np.array(FACTORS)) <= near).any(1) & (a != 0) & (b != 0)
        out[factor, j] = KINDS.index("units")
    return out


def _by_a_digit(a: float, b: float, step: float) -> bool:
    """Whether two numbers differ by one digit, or by two that are transposed."""
    if not step or a * b < 0 or not np.isfinite([a, b]).all():
        return False
    one, other = (str(round(abs(number) / step)) for number in (a, b))
    width = max(len(one), len(other))
    one, other = one.zfill(width), other.zfill(width)
    apart = [i for i in range(width) if one[i] != other[i]]
    turned = (
        len(apart) == 2
        and apart[1] == apart[0] + 1
        and one[apart[0] : apart[1] + 1] == other[apart[0] : apart[1] + 1][::-1]
    )
    return len(apart) == 1 or turned
