"""DCI metrics: disentanglement, completeness and informativeness from importances of latents."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np

from quintet.arguments import Figures, Seed
from quintet.entry_points import public
from quintet.errors import InputError, nearest
from quintet.evaluate.factors import Array, Known, halves, known

MEANS = ("trees", "lasso")
STRENGTH = 0.02
"""Weight of the lasso's penalty on standardised columns."""


class Dci(NamedTuple):
    """Metrics of 0..1, higher is better; NaN if no factor varies."""

    disentanglement: float
    completeness: float
    informativeness: float


@public
def dci(codes: Figures, factors: Figures, named: Collection[int] = (), by: str = "trees", seed: Seed = 0) -> Dci:
    """Eastwood and Williams, "A framework for the quantitative evaluation of disentangled representations", 2018.

    A regressor or classifier per factor, fitted on half of the rows, gives the importance of each latent.
    Disentanglement and completeness are those of that matrix (``order_of``). Informativeness is the mean over factors
    of R² on the other half (at least 0), or of the balanced accuracy for categorical factors.

    Parameters
    ----------
    codes : (n, latents).
    factors : (n, factors) numbers; those that do not vary are left out.
    named : columns of factors whose numbers are names, in no order.
    by : "trees" (gradient boosting, importances by impurity) or "lasso" (magnitudes of linear weights).
    seed : of the split and of the trees.
    """
    if by not in MEANS:
        raise InputError(f"by={by!r} is not known: {nearest(str(by), MEANS)}.")
    given = known(codes, factors, named)
    if not given.factors.shape[1]:
        return Dci(float("nan"), float("nan"), float("nan"))
    columns = [_predicted(given, k, by, seed) for k in range(given.factors.shape[1])]
    matrix = np.stack([importance for importance, _ in columns], axis=1)
    return Dci(*order_of(matrix), float(np.mean([score for _, score in columns])))


def order_of(importance: Array) -> tuple[float, float]:
    """Disentanglement and completeness of a matrix (latents, factors) of numbers of at least 0.

    Disentanglement: 1 - H(shares of a latent over the factors), in units of the logarithm of their number, a mean over
    latents weighted by their shares of the whole. Completeness: the same of a factor over the latents, a plain mean.
    Factors that use no latent count 0.
    """
    latents, factors = importance.shape
    weight = importance.sum(1)
    if not weight.any():
        return 0.0, 0.0
    disentangled = 1 - _spread(importance, factors)
    complete = np.where(importance.any(0), 1 - _spread(importance.T, latents), 0.0)
    return float(disentangled @ weight / weight.sum()), float(complete.mean())


def _spread(rows: Array, count: int) -> Array:
    """Entropy of each row's shares over log count; 0 for a row of zeros."""
    share = rows / np.where(rows.any(1), rows.sum(1), 1.0)[:, None]
    terms = share * np.log(np.where(share > 0, share, 1.0))
    return np.asarray(-terms.sum(1) / np.log(max(count, 2)))


def _predicted(given: Known, k: int, by: str, seed: int) -> tuple[Array, float]:
    """Importance of each latent for factor k, (latents,), and the score of the prediction on the other half."""
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
    from sklearn.linear_model import Lasso
    from sklearn.metrics import balanced_accuracy_score, r2_score

    named = k in given.named
    learn, judge = halves(len(given.codes), seed)
    z, v = _standard(given.codes, learn), given.factors[:, k]
    if not np.ptp(v[learn]):
        return np.zeros(z.shape[1]), 0.0
    if by == "trees":
        kind = GradientBoostingClassifier if named else GradientBoostingRegressor
        model = kind(random_state=seed).fit(z[learn], v[learn])
        importance, predicted = model.feature_importances_, model.predict(z[judge])
    else:
        values = np.unique(v[learn])
        target = (v[:, None] == values).astype(float) if named else v[:, None]
        model = Lasso(alpha=STRENGTH).fit(z[learn], _standard(target, learn)[learn])
        weights = np.abs(model.coef_.reshape(-1, z.shape[1]))
        predicted = np.reshape(model.predict(z[judge]), (len(judge), -1)) * target[learn].std(0) + target[learn].mean(0)
        importance, predicted = weights.sum(0), values[predicted.argmax(1)] if named else predicted[:, 0]
    if named:
        return importance, float(balanced_accuracy_score(v[judge], predicted))
    return importance, max(0.0, float(r2_score(v[judge], predicted))) if len(judge) > 1 else 0.0


def _standard(columns: Array, learn: Any) -> Array:
    """Columns of mean 0 and variance 1 over the rows to learn from; constant ones become 0."""
    spread = columns[learn].std(0)
    return np.asarray((columns - columns[learn].mean(0)) / np.where(spread > 0, spread, 1.0))
