"""Imputers beside ours that NumPy and scikit-learn have: means, neighbours, chained equations, factor analysis.

Each takes (train, test, seed), frames with missing cells, and answers the test rows' means (``Answer.frames["mean"]``).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from common import Array
from sklearn.base import BaseEstimator
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.linear_model import Ridge
from tables_common import Answer, Clock
from tables_data import Encoding

FACTORS = (1, 2, 4, 8, 16, 32)
TREES = 50


class Trees(BaseEstimator):
    """Extra trees, of the kind that the column needs: a column of whole numbers alone holds the codes of levels."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, x: Array, y: Array) -> Trees:
        """Trees that predict y."""
        kind = ExtraTreesClassifier if np.array_equal(y, y.round()) else ExtraTreesRegressor
        self.trees_ = kind(TREES, min_samples_leaf=2, random_state=self.seed).fit(x, y)
        return self

    def predict(self, x: Array) -> Array:
        """The mean or the most probable code."""
        found: Array = self.trees_.predict(x)
        return found


def by_sklearn(make: Callable[[int], Any], *, one_hot: bool = True) -> Callable[..., Answer]:
    """An imputer of scikit-learn's on encoded cells."""

    def impute(train: pd.DataFrame, test: pd.DataFrame, seed: int) -> Answer:
        encoding, clock = Encoding(train, one_hot=one_hot), Clock()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            imputer = make(seed).fit(encoding.encode(train))
            clock("fit")
            mean = encoding.decode(imputer.transform(encoding.encode(test)))
            clock("impute")
        return Answer({"mean": mean}, clock.seconds)

    return impute


class Factors:
    """x = W z + m + noise of one variance a column, z of ``k`` normals: a linear VAE, fitted exactly by EM.

    The rows of the moments are weighed by what is observed, so missing cells cost nothing but information (Ghahramani
    and Hinton, 1996).
    """

    def __init__(self, x: Array, k: int, seed: int, rounds: int = 60) -> None:
        seen, x = (~np.isnan(x)).astype(float), np.nan_to_num(x)
        cells = x.shape[1]
        self.w, self.m = np.random.default_rng(seed).normal(size=(cells, k)) * 0.1, np.zeros(cells)
        self.noise = np.ones(cells)
        for _ in range(rounds):
            z, cov = self.posterior(x, seen)
            z1 = np.concatenate([z, np.ones((len(z), 1))], 1)
            second = z1[:, :, None] * z1[:, None, :]
            second[:, :k, :k] += cov
            moments = (seen.T @ second.reshape(len(z), -1)).reshape(cells, k + 1, k + 1) + 1e-3 * np.eye(k + 1)
            cross = (seen * x).T @ z1
            coef = np.linalg.solve(moments, cross[:, :, None])[:, :, 0]
            self.w, self.m = coef[:, :k], coef[:, k]
            power = (seen * x**2).sum(0) - (coef * cross).sum(1)
            self.noise = np.maximum(power / np.maximum(seen.sum(0), 1), 1e-3)

    def posterior(self, x: Array, seen: Array) -> tuple[Array, Array]:
        """Means (n, k) and covariances (n, k, k) of z given the observed cells."""
        k, a = self.w.shape[1], seen / self.noise
        products = (self.w[:, :, None] * self.w[:, None, :]).reshape(-1, k * k)
        cov = np.linalg.inv(np.eye(k) + (a @ products).reshape(-1, k, k))
        return np.einsum("nkl,nl->nk", cov, (a * (x - self.m)) @ self.w), cov

    def mean(self, x: Array) -> Array:
        """x with E[missing | observed] in its missing cells."""
        z, _ = self.posterior(np.nan_to_num(x), (~np.isnan(x)).astype(float))
        return np.where(np.isnan(x), z @ self.w.T + self.m, x)

    def draw(self, x: Array, rng: np.random.Generator) -> Array:
        """x with a draw of its missing cells."""
        z, cov = self.posterior(np.nan_to_num(x), (~np.isnan(x)).astype(float))
        z = z + np.einsum("nkl,nl->nk", np.linalg.cholesky(cov), rng.normal(size=z.shape))
        return np.where(np.isnan(x), z @ self.w.T + self.m + np.sqrt(self.noise) * rng.normal(size=x.shape), x)


def factor_analysis(train: pd.DataFrame, test: pd.DataFrame, seed: int, draws: int = 0) -> Answer:
    """Factor analysis; as many factors as best predict a tenth of the training rows' observed cells."""
    encoding, clock, rng = Encoding(train), Clock(), np.random.default_rng(seed)
    x = encoding.encode(train)
    hidden = ~np.isnan(x) & (rng.random(x.shape) < 0.1)
    part = np.where(hidden, np.nan, x)
    counts = [k for k in FACTORS if k < x.shape[1]] or [1]
    losses = [float(np.square(Factors(part, k, seed).mean(part) - x)[hidden].mean()) for k in counts]
    model = Factors(x, counts[int(np.argmin(losses))], seed)
    clock("fit")
    mean = encoding.decode(model.mean(encoding.encode(test)))
    clock("impute")
    drawn = {f"draw{k}": encoding.decode(model.draw(encoding.encode(test), rng)) for k in range(draws)}
    return Answer({"mean": mean, **drawn}, clock.seconds)


IMPUTERS: dict[str, Callable[..., Answer]] = {
    "mean": by_sklearn(lambda seed: SimpleImputer(keep_empty_features=True)),
    "knn": by_sklearn(lambda seed: KNNImputer(n_neighbors=10, weights="distance", keep_empty_features=True)),
    "ridge": by_sklearn(lambda seed: IterativeImputer(Ridge(), random_state=seed, keep_empty_features=True)),
    "trees": by_sklearn(
        lambda seed: IterativeImputer(Trees(seed), max_iter=5, random_state=seed, keep_empty_features=True),
        one_hot=False,
    ),
    "factors": factor_analysis,
}
