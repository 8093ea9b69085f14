"""Synthetic rows without a network, and how far synthetic rows are from real ones."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from common import Array
from scipy.stats import norm, rankdata
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from tables_data import is_level

DISTANCES = 2_000
"""Synthetic rows whose nearest real rows are sought."""


def independent(train: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    """Each column's cells drawn on their own."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: rng.choice(train[name].to_numpy(), rows) for name in train}).astype(train.dtypes)


def gaussian_copula(train: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    """Normal scores of every column's sorted cells (levels by frequency, ties in random order), jointly normal."""
    rng, n = np.random.default_rng(seed), len(train)
    order, scores = [], []
    for name in train:
        share = train[name].map(train[name].value_counts()) if is_level(train[[name]])[0] else train[name]
        key = np.lexsort(
            (rng.random(n), train[name].astype("category").cat.codes, share.fillna(-np.inf).to_numpy(float))
        )
        order.append(train[name].to_numpy()[key])
        scores.append(norm.ppf((rankdata(np.argsort(key)) - 0.5) / n))
    drawn = rng.multivariate_normal(np.zeros(len(order)), np.corrcoef(scores), rows, method="cholesky")
    places = np.minimum((norm.cdf(drawn) * n).astype(int), n - 1)
    found = {name: cells[places[:, j]] for j, (name, cells) in enumerate(zip(train, order, strict=True))}
    return pd.DataFrame(found).astype(train.dtypes)


def coded(frame: pd.DataFrame, like: pd.DataFrame) -> Array:
    """(n, columns): numbers, and the codes of the levels of ``like``; missing and unknown cells are −1."""
    found = frame.copy()
    for name in like.columns[is_level(like)]:
        found[name] = pd.Categorical(frame[name], categories=sorted(like[name].dropna().unique())).codes
    return np.asarray(found.fillna(-1).to_numpy(float))


def c2st(real: pd.DataFrame, synthetic: pd.DataFrame) -> float:
    """1 − 2 (max(AUC, ½) − ½) of gradient boosting between equally many real and synthetic rows."""
    n = min(len(real), len(synthetic))
    parts = [real.sample(n, random_state=0), synthetic.sample(n, random_state=0)]
    x, y = np.concatenate([coded(part, real) for part in parts]), np.repeat([0, 1], n)
    model = HistGradientBoostingClassifier(early_stopping=False, random_state=0)
    found = cross_val_predict(model, x, y, cv=3, method="predict_proba")[:, 1]
    return float(1 - 2 * (max(roc_auc_score(y, found), 0.5) - 0.5))


def auc_of_target(rows: pd.DataFrame, test: pd.DataFrame, target: str) -> float:
    """AUC on test rows of gradient boosting that learnt ``target`` from ``rows``; several levels: one against rest."""
    rows = rows[rows[target].notna()]
    if rows[target].nunique() < 2:
        return 0.5
    columns = [name for name in test if name != target]
    model = HistGradientBoostingClassifier(random_state=0).fit(coded(rows[columns], test[columns]), rows[target])
    found = model.predict_proba(coded(test[columns], test[columns]))
    if len(model.classes_) == 2:
        return float(roc_auc_score(test[target] == model.classes_[1], found[:, 1]))
    whole = pd.DataFrame(found, columns=model.classes_).reindex(columns=sorted(test[target].unique()), fill_value=0.0)
    return float(np.mean([roc_auc_score(test[target] == level, whole[level]) for level in whole]))


def trends(real: pd.DataFrame, synthetic: pd.DataFrame) -> float:
    """Mean over pairs of columns: 1 − half the difference of correlations, or 1 − the total variation of levels.

    Numbers beside levels are cut at the real rows' deciles (the pair trends of SDMetrics).
    """
    levels, scores = is_level(real), []
    cells = [coded(part, real) for part in (real, synthetic)]
    cuts = [np.unique(np.quantile(column, np.linspace(0.1, 0.9, 9))) for column in cells[0].T]
    binned = [
        np.stack([c[:, j] if levels[j] else np.searchsorted(cuts[j], c[:, j], "right") for j in range(len(levels))], 1)
        for c in cells
    ]
    for i, j in combinations(range(len(levels)), 2):
        if not (levels[i] or levels[j]):
            rho = [np.nan_to_num(np.corrcoef(c[:, i], c[:, j])[0, 1]) for c in cells]
            scores.append(1 - abs(rho[0] - rho[1]) / 2)
        else:
            pairs = [pd.Series(b[:, i] * 1000 + b[:, j]).value_counts(normalize=True) for b in binned]
            scores.append(1 - float(pairs[0].sub(pairs[1], fill_value=0).abs().sum()) / 2)
    return float(np.mean(scores))


def closer_to_training(train: pd.DataFrame, test: pd.DataFrame, synthetic: pd.DataFrame) -> float:
    """Share of synthetic rows whose nearest training row is nearer than their nearest held-out row; ties are half.

    Equally many of both; a number's distance is that of quantiles, a level's 0 or 1. Without copies it is about ½.
    """
    n, levels = min(len(train), len(test)), is_level(train)
    both = [part.sample(n, random_state=0) for part in (train, test)]
    asked = synthetic.sample(min(DISTANCES, len(synthetic)), random_state=0)
    known = np.concatenate([coded(part, train) for part in both])
    ranked = [
        known[:, j] if levels[j] else np.searchsorted(np.sort(known[:, j]), known[:, j]) / len(known)
        for j in range(known.shape[1])
    ]
    cells = coded(asked, train)
    queries = [
        cells[:, j] if levels[j] else np.searchsorted(np.sort(known[:, j]), cells[:, j]) / len(known)
        for j in range(known.shape[1])
    ]
    share = 0.0
    for row in np.stack(queries, 1).astype(np.float32):
        distance = np.zeros(len(known), np.float32)
        for j, column in enumerate(ranked):
            distance += (column != row[j]) if levels[j] else np.abs(column - row[j])
        near = distance[:n].min() - distance[n:].min()
        share += 1.0 if near < 0 else 0.5 if near == 0 else 0.0
    return share / len(asked)
