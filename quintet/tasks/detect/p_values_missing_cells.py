"""Conformal p-values of rows with missing cells, by calibration rows scored under the same masks.

If cells are missing independently of their values, a normal row and calibration rows scored under its mask M are
exchangeable, so P(p <= t) <= t for every t and every M. If too few calibration rows observe all of M, calibration row i
and the query are compared under the cells that both observe, M ∩ O_i (nested masking: Zaffran et al., "Conformal
prediction with missing values", 2023). Each comparison is then between exchangeable rows, and p is a mean of p-values
under several masks, which guarantees P(p <= t) <= 2t.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from quintet.data.dataset import Rows
from quintet.errors import InputError, nearest
from quintet.inference.chunks import RowProgress
from quintet.tasks.detect.calibration_missing_cells import MaskedCalibration, Scorer
from quintet.tasks.detect.p_values import CEILING, rank_of

Array = npt.NDArray[np.float64]
Scores = Callable[[Tensor], Array]
"""Components (n, components) -> scores (n,)."""

EFFORTS = {"low": (128,), "normal": (64, 256, 1024), "high": (1024,)}
"""Most calibration rows that a row is compared with, round by round."""
CLEAR = 16
"""Comparison stops once this many calibration rows score at least as high as the row. P(p <= t) <= t still holds: a row
that stops after m rows has p >= (CLEAR + 1) / (m + 1), and a row that continues had a smaller p."""
ROWS = 256
"""Rows processed together, of one or several masks, which bounds memory."""


@dataclass(frozen=True)
class Compared:
    """Comparison of rows with calibration rows under the rows' own masks.

    ``p_values`` (n,); ``margin`` (n,): score less the threshold of p <= false_alarms, positive exactly if p is that
    small; ``usual`` (n, *shape): mean surprise of cells in calibration rows under the row's mask, nats; ``fewest``: the
    smallest number of calibration rows available for a row.
    """

    p_values: Array
    margin: Array
    usual: Tensor
    fewest: int


def comparison_rounds(effort: str) -> tuple[int, ...]:
    """Numbers of calibration rows in the rounds of an effort."""
    if effort not in EFFORTS:
        raise InputError(f"effort={effort!r} is not known: {nearest(effort, EFFORTS)}.")
    return EFFORTS[effort]


def compare_under_masks(
    scorer: Scorer,
    rows: Rows,
    found: Array,
    scores: Scores,
    *,
    false_alarms: float,
    effort: str = "normal",
    where: bool = False,
    progress: RowProgress | None = None,
) -> Compared:
    """Compare rows of scores ``found`` (n,) with calibration rows under the same masks."""
    n = len(rows)
    p, margin = np.ones(n), np.zeros(n)
    usual = torch.zeros(n if where else 0, *rows.values.shape[1:], dtype=torch.float32)
    fewest, finished = len(scorer.held), 0
    for some in _pieces(scorer, _patterns(rows)):
        left = [_Pending(mask, index, np.zeros((len(index), 0))) for mask, index in some]
        for most in comparison_rounds(effort):
            left = [each for each in left if len(each.index)]
            scorer.calibrate([each.mask for each in left], most, where)
            left = [each for each in left if len(each.mask.table)]
            _extend_gaps([each for each in left if not each.mask.exact], scorer, rows, found, scores, most)
            for each in left:
                done = min(most, len(each.mask.order))
                k = rank_of(done, false_alarms)
                if each.mask.exact:
                    matched, far = _compare_same_cells(found[each.index], scores(each.mask.table[:done]), k)
                else:
                    matched, far = _compare_nested_masks(each.gaps, k, found[each.index])
                p[each.index], margin[each.index] = (1 + matched) / (done + 1), far
                each.keep(matched < CLEAR)
        for mask, index in some:
            fewest = min(fewest, len(mask.order))
            if where and mask.usual is not None:
                usual[index] = mask.usual
        finished += sum(len(index) for _, index in some)
        if progress is not None:
            progress("rows with missing cells", finished, n)
    return Compared(p, margin, usual, fewest)


@dataclass
class _Pending:
    """Rows of one mask whose comparison continues; ``gaps`` (rows, calibration rows): see ``_extend_gaps``."""

    mask: MaskedCalibration
    index: npt.NDArray[np.intp]
    gaps: Array

    def keep(self, which: npt.NDArray[np.bool_]) -> None:
        self.index, self.gaps = self.index[which], self.gaps[which]


def _compare_same_cells(own: Array, held: Array, k: int) -> tuple[npt.NDArray[np.intp], Array]:
    """Number of calibration rows that score at least as high, and margins, if all observe the mask."""
    ordered = np.sort(held)
    matched = len(ordered) - np.searchsorted(ordered, own, side="left")
    return matched, own - (ordered[-k] if k else CEILING)


def _compare_nested_masks(gaps: Array, k: int, own: Array) -> tuple[npt.NDArray[np.intp], Array]:
    """The same for comparisons under nested masks."""
    return (gaps <= 0).sum(1), np.partition(gaps, k - 1, 1)[:, k - 1] if k else own - CEILING


def _extend_gaps(
    pending: Sequence[_Pending], scorer: Scorer, rows: Rows, found: Array, scores: Scores, most: int
) -> None:
    """Append to ``gaps`` each row's score less that of the next calibration rows, under cells that both observe."""
    if not pending:
        return
    assert scorer.held.rows.observed is not None
    observed, query, beside, others = scorer.held.rows.observed.flatten(1), [], [], []
    for left in pending:
        new = left.mask.order[left.gaps.shape[1] : most]
        others.append(torch.nonzero((left.mask.seen & ~observed[new]).any(1))[:, 0])
        query.append(torch.from_numpy(left.index).repeat_interleave(len(others[-1])))
        beside.append(new[others[-1]].repeat(len(left.index)))
    found_under = [scores(table) for table in scorer.queries(rows, torch.cat(query), torch.cat(beside))]
    under = np.split(np.concatenate([np.zeros(0), *found_under]), np.cumsum([len(some) for some in query])[:-1])
    for left, other, theirs in zip(pending, others, under, strict=True):
        held = scores(left.mask.table[left.gaps.shape[1] : most])
        own = np.repeat(found[left.index][:, None], len(held), 1)
        own[:, other.numpy()] = theirs.reshape(len(left.index), -1)
        left.gaps = np.concatenate([left.gaps, own - held], 1)


def _pieces(
    scorer: Scorer, groups: Sequence[tuple[Tensor, npt.NDArray[np.intp]]]
) -> Iterator[list[tuple[MaskedCalibration, npt.NDArray[np.intp]]]]:
    """Group masks and their rows into pieces of at most ``ROWS`` rows; rows of one mask share its calibration."""
    some: list[tuple[MaskedCalibration, npt.NDArray[np.intp]]] = []
    room = ROWS
    for seen, index in groups:
        mask = MaskedCalibration(seen, *scorer.held.seeing(seen))
        while len(index):
            some.append((mask, index[:room]))
            room, index = room - len(some[-1][1]), index[room:]
            if not room:
                yield some
                some, room = [], ROWS
    if some:
        yield some


def _patterns(rows: Rows) -> Sequence[tuple[Tensor, npt.NDArray[np.intp]]]:
    """Distinct masks (cells,) of the rows, and the indices of the rows with each."""
    cells = rows.values[:1].numel()
    if rows.observed is None:
        return [(torch.ones(cells, dtype=torch.bool), np.arange(len(rows)))] if len(rows) else []
    seen = rows.observed.flatten(1)
    packed = np.packbits(seen.numpy(), axis=1)
    keys = np.ascontiguousarray(packed).view(f"V{packed.shape[1]}")[:, 0]
    _, first, member = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(member, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(member))[:-1])
    return [(seen[int(i)].clone(), part) for i, part in zip(first, parts, strict=True)]
