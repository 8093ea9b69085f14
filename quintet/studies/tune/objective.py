"""What a search makes as small as possible: a figure of a fitted model on rows that did not train it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from quintet.errors import InputError
from quintet.estimators._input.user_rows import cells_of
from quintet.evaluate import auroc
from quintet.studies.tune.lean_fit import bound_of

if TYPE_CHECKING:
    from quintet.estimators import VAE

Array = np.ndarray[Any, Any]
MOST_ROWS = 500
"""Rows of the questions, whose answers take longer than the bound."""
MISSING, NOISE, SWAPPED = 0.3, 0.5, 0.2
"""Share of missing cells; standard deviation of the noise over that of the cells; share of the cells of an anomaly that
are another row's."""


@dataclass(frozen=True)
class HeldOut:
    """Rows that judge the fits of a study.

    Parameters
    ----------
    rows : array (n, *row_shape) or frame; ``y`` : conditions, (n,) or None; ``anomalies`` : rows known to be
        anomalous, or None.
    """

    rows: Any
    y: Any = None
    anomalies: Any = None
    seed: int = 0

    def first(self, vae: VAE) -> tuple[Any, dict[str, Any]]:
        """The rows that are asked about, and as options their conditions for a conditional model."""
        conditional = self.y is not None and vae.schema_.condition is not None
        return head(self.rows, MOST_ROWS), {"condition": head(self.y, MOST_ROWS)} if conditional else {}


@dataclass(frozen=True)
class Objective:
    """A figure that is minimised, its unit, and the share of trials that pruning by the held-out bound may end.

    ``needs_answers``: whether a trial is a whole fit, whose model answers; else the bound is known after training.
    """

    unit: str
    measure: Callable[[VAE, HeldOut], float]
    kept: float  # percentile of the bounds of earlier trials up to which a trial goes on
    needs_answers: bool = True


def _bits(vae: VAE, held: HeldOut) -> float:
    return bound_of(vae, held.rows, held.y)


def _impute(vae: VAE, held: HeldOut) -> float:
    """The error of cells that are missing at random."""
    rows, given = held.first(vae)
    rng = np.random.default_rng((held.seed, 1))
    hidden = rng.random(np.shape(rows)) < MISSING
    flat = hidden.reshape(len(hidden), -1)
    if flat.shape[1] < 2:
        raise InputError("objective='impute' needs rows of several cells, got rows of one: use 'bits'.")
    flat[np.arange(len(flat)), rng.integers(flat.shape[1], size=len(flat))] = False  # something is known of every row
    found = vae.impute(rows, mask=hidden, random_state=held.seed, **given)
    return cell_error(vae, rows, found, hidden)


def _denoise(vae: VAE, held: HeldOut) -> float:
    """The error of cells with normal noise of known scale."""
    rows, given = held.first(vae)
    if vae.schema_.columns:
        raise InputError("objective='denoise' needs rows of numbers or images, got a table of columns: use 'impute'.")
    clean = np.asarray(rows)
    noise = NOISE * float(np.nanstd(clean)) * np.random.default_rng((held.seed, 2)).normal(size=clean.shape)
    noisy = clean + noise
    if clean.dtype.kind in "iub":
        noisy = np.clip(np.rint(noisy), clean.min(), clean.max()).astype(clean.dtype)
    found = vae.denoise(noisy, "normal", random_state=held.seed, **given)
    return cell_error(vae, clean, found, np.ones(clean.shape, dtype=bool))


def _detect(vae: VAE, held: HeldOut) -> float:
    """1 - AUROC of anomalies among held-out rows."""
    rows, given = held.first(vae)
    strange = anomalous(rows, held.seed) if held.anomalies is None else head(held.anomalies, MOST_ROWS)
    normal = vae.detect(rows, **given).scores
    other = vae.detect(strange, **(given if held.anomalies is None else {})).scores
    truth = np.repeat([False, True], [len(normal), len(other)])
    return 1 - float(auroc(truth, np.concatenate([normal, other])))


OBJECTIVES = {
    "bits": Objective("bits a cell", _bits, 50.0, needs_answers=False),
    "denoise": Objective("of the cells' standard deviation", _denoise, 75.0),
    "detect": Objective("1 - AUROC", _detect, 75.0),
    "impute": Objective("of the cells' standard deviation", _impute, 75.0),
}


def cell_error(vae: VAE, rows: Any, found: Any, where: Array) -> float:
    """The root mean square error of cells over their standard deviation; of levels the share that is wrong.

    Parameters
    ----------
    where : (n, *row_shape) of bool, of an array or a frame: the cells that are judged; missing ones are left out.
    """
    clean, answer = (cells_of(part, vae.schema_).astype(np.float64) for part in (rows, found))
    judged = where if where.shape == clean.shape else np.ones(clean.shape, dtype=bool)
    judged = judged & np.isfinite(clean)
    if not vae.schema_.columns:
        scale = float(np.nanstd(clean)) or 1.0
        return float(np.sqrt(np.mean(np.square((answer - clean)[judged])))) / scale
    errors = []
    for column, codes in enumerate(vae.schema_.codes or (0,) * clean.shape[1]):
        at = judged[:, column]
        if not at.any():
            continue
        a, b = clean[at, column], answer[at, column]
        scale = float(np.nanstd(clean[:, column])) or 1.0
        errors.append(float(np.mean(a != b)) if codes else float(np.sqrt(np.mean(np.square(a - b)))) / scale)
    return float(np.mean(errors))


def anomalous(rows: Any, seed: int) -> Any:
    """Rows of which a share of the cells is that of other rows; a frame stays a frame of its library."""
    rng = np.random.default_rng((seed, 3))
    if hasattr(rows, "columns"):
        frame = nw.from_native(rows, eager_only=True)
        columns = []
        for name in frame.columns:
            kept = nw.new_series("kept", rng.random(len(frame)) >= SWAPPED, backend=frame.implementation)
            other = frame[name][rng.permutation(len(frame)).tolist()]
            columns.append(_aligned(frame[name]).zip_with(kept, _aligned(other)))
        return frame.with_columns(*columns).to_native()
    clean = np.asarray(rows)
    swapped = rng.permuted(clean, axis=0)
    return np.where(rng.random(clean.shape) < SWAPPED, swapped, clean)


def _aligned(column: Any) -> Any:
    """The column with a plain index, where its library has one."""
    return nw.maybe_reset_index(column)


def head(rows: Any, count: int) -> Any:
    """The first rows of an array or a frame."""
    if hasattr(rows, "columns"):
        return nw.from_native(rows, eager_only=True).head(count).to_native()
    return np.asarray(rows)[:count]
