"""What synthetic rows, and the model itself, give away about the rows that trained it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.arguments import Figures, Seed, Table, Vector
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.evaluate.closest_records import Cells, Distances, Scale
from quintet.evaluate.detection import auroc

MOST = 2_000
"""Rows of a kind whose closest records are sought."""


@dataclass(frozen=True)
class Privacy:
    """How close synthetic rows are to the rows that trained the model, beside held-out rows.

    Parameters
    ----------
    dcr_share : share of synthetic rows that are closer to a training row than to any held-out row, of equally many of
        both, ties counted half. 0.5: no closer; 1: every row.
    dcr_share_error : its standard error where nothing leaks: over all ways to call half of the real rows training rows.
    closest : (synthetic rows,), distance of each to the closest training row, 0..1: of numbers the share of real rows
        between the two values, of levels 0 or 1, mean over the cells.
    closest_held_out : (held-out rows,), the same of held-out rows.
    copies, copies_held_out : share of synthetic, and of held-out, rows that equal a training row in all cells.
    attack_by_distance : AUROC of a membership attack, which calls rows members that are close to a synthetic row.
    attack_by_likelihood : the same, which calls rows members that the model finds probable; None: it has no
        likelihood. 0.5: nothing leaks.
    attack_error : standard error of both where nothing leaks (Mann and Whitney).
    rows : number of training, held-out and synthetic rows that were compared.
    """

    dcr_share: float
    dcr_share_error: float
    closest: Distances
    closest_held_out: Distances
    copies: float
    copies_held_out: float
    attack_by_distance: float
    attack_by_likelihood: float | None
    attack_error: float
    rows: tuple[int, int, int]

    @property
    def figures(self) -> dict[str, float]:
        """The figures by name; distances by their median and their 5 % quantile."""
        found = {
            "dcr_share": self.dcr_share,
            "dcr_share_error": self.dcr_share_error,
            "copies": self.copies,
            "copies_held_out": self.copies_held_out,
            "attack_by_distance": self.attack_by_distance,
            "attack_error": self.attack_error,
        }
        if self.attack_by_likelihood is not None:
            found["attack_by_likelihood"] = self.attack_by_likelihood
        for name, distance in (("closest", self.closest), ("closest_held_out", self.closest_held_out)):
            found[f"{name}_median"] = float(np.median(distance))
            found[f"{name}_5_percent"] = float(np.quantile(distance, 0.05))
        return found


@public
def privacy(
    train: Table,
    holdout: Table,
    synthetic: Table,
    levels: Figures | None = None,
    train_log_prob: Vector | None = None,
    holdout_log_prob: Vector | None = None,
    *,
    seed: Seed = 0,
) -> Privacy:
    """Compare synthetic rows with the training rows and with held-out rows of the same distribution.

    Rows are compared cell by cell (``closest_records.Scale``): two missing cells are the same, distance 0, and a
    missing cell differs from every value, distance 1.

    Parameters
    ----------
    train, holdout, synthetic : (rows, cells) each; NaN is missing.
    levels : (cells,) of bool, True for codes of levels; None: numbers alone.
    train_log_prob, holdout_log_prob : log p(x) of some training and some held-out rows, for the attack by likelihood;
        None: without it.
    seed : chooses rows where there are more than ``MOST``, or more training than held-out rows.
    """
    train, holdout, synthetic = (np.asarray(rows, dtype=np.float64) for rows in (train, holdout, synthetic))
    is_level = np.zeros(train.shape[1], dtype=bool) if levels is None else np.asarray(levels).astype(bool)
    for name, rows in (("train", train), ("holdout", holdout), ("synthetic", synthetic)):
        if not len(rows) or rows.shape[1] != len(is_level):
            raise InputError(
                f"{name} must have at least one row, and {len(is_level)} cells in each as levels and train have, got "
                f"{len(rows)} rows of {rows.shape[1]}."
            )
    copies, copies_held_out = (float(_recurs(rows, train).mean()) for rows in (synthetic, holdout))
    count = min(len(train), len(holdout), MOST)
    members, others = (rows[chosen_rows(len(rows), count, seed)] for rows in (train, holdout))
    asked = synthetic[chosen_rows(len(synthetic), MOST, seed)]
    scale = Scale.of(np.concatenate([members, others]), is_level)
    (near, nearest), (far, farther) = (scale.closest_places(asked, rows) for rows in (members, others))
    share = np.where(near == far, 0.5, near < far)
    to_synthetic = [scale.closest(rows, asked) for rows in (members, others)]
    attack = None
    if train_log_prob is not None and holdout_log_prob is not None:
        attack = _attack(np.asarray(train_log_prob), np.asarray(holdout_log_prob))
    return Privacy(
        dcr_share=float(share.mean()),
        dcr_share_error=_error_of_share(
            np.bincount(nearest, share, minlength=count), np.bincount(farther, 1 - share, minlength=count)
        ),
        closest=near,
        closest_held_out=scale.closest(others, members),
        copies=copies,
        copies_held_out=copies_held_out,
        attack_by_distance=_attack(-to_synthetic[0], -to_synthetic[1]),
        attack_by_likelihood=attack,
        attack_error=math.sqrt((2 * count + 1) / (12 * count * count)),
        rows=(count, count, len(asked)),
    )


def _error_of_share(near: npt.NDArray[Any], far: npt.NDArray[Any]) -> float:
    """Standard error of the share of synthetic rows that are closest to a training row, if labels mean nothing.

    Parameters
    ----------
    near, far : (rows,) each, number of synthetic rows that each training and each held-out row is the closest one of.
    """
    share = np.concatenate([near, far]) / max(near.sum() + far.sum(), 1e-12)
    count = len(share)
    return float(np.sqrt(count / (4 * (count - 1)) * max(0.0, float((share**2).sum()) - 1 / count)))


def _attack(members: npt.NDArray[np.floating], others: npt.NDArray[np.floating]) -> float:
    """P(a member has a higher score than another row), ties counted half."""
    truth = np.arange(len(members) + len(others)) < len(members)
    return float(auroc(truth, np.concatenate([members, others])))


def chosen_rows(rows: int, count: int, seed: int) -> npt.NDArray[np.int64]:
    """Ascending places of at most ``count`` of the rows."""
    return np.sort(np.random.default_rng((seed, rows)).permutation(rows)[:count])


def _recurs(rows: Cells, among: Cells) -> npt.NDArray[np.bool_]:
    """Whether each row equals one of the others in all cells, (n,); missing cells are equal."""
    kind = np.zeros(len(rows) + len(among), dtype=np.int64)
    for one, other in zip(rows.T, among.T, strict=True):
        values, code = np.unique(np.concatenate([one, other]), return_inverse=True)
        kind = np.unique(kind * len(values) + code, return_inverse=True)[1]
    return np.isin(kind[: len(rows)], kind[len(rows) :])
