"""Damaged cells of a table found and repaired by scores of columns, nearest neighbours and an isolation forest.

Each takes (train, asked, seed) and answers a score of every cell, (n, columns), higher is stranger, and a frame of
suggested values.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from common import Array
from scipy.special import log_ndtr
from sklearn.ensemble import IsolationForest
from tables_data import Encoding

NEIGHBOURS = 5
Found = tuple[Array, pd.DataFrame]


def by_column(train: pd.DataFrame, asked: pd.DataFrame, seed: int) -> Found:
    """Numbers by the tail probability of their z-score, levels by their rarity, both in nats; the mean or the mode."""
    encoding = Encoding(train, one_hot=False)
    cells, scores, usual = encoding.encode(asked), np.zeros(asked.shape), {}
    for j, name in enumerate(train.columns):
        if name in encoding.levels:
            counts = np.bincount(
                encoding.codes(train.dropna(subset=[name]), name), minlength=len(encoding.levels[name])
            )
            code = encoding.codes(asked, name)
            scores[:, j] = -np.log((np.where(code < 0, 0, counts[code]) + 0.5) / (counts.sum() + 0.5))
            usual[name] = encoding.levels[name][int(counts.argmax())]
        else:
            scores[:, j] = -log_ndtr(-np.abs(np.nan_to_num(cells[:, j])))
            usual[name] = encoding.loc[name]
    return scores, pd.DataFrame({name: [value] * len(asked) for name, value in usual.items()})


def by_neighbours(train: pd.DataFrame, asked: pd.DataFrame, seed: int) -> Found:
    """The five training rows nearest in all other cells: a number's distance from their mean, the share of them that
    have another level; their mean or most frequent level."""
    encoding = Encoding(train)
    known, cells = np.nan_to_num(encoding.encode(train)), np.nan_to_num(encoding.encode(asked))
    scores, suggested, at = np.zeros(asked.shape), np.zeros(cells.shape), 0
    total = _squares(cells, known)
    for j, name in enumerate(train.columns):
        width = len(encoding.levels[name]) if name in encoding.levels else 1
        own = slice(at, at + width)
        near = np.argpartition(total - _squares(cells[:, own], known[:, own]), NEIGHBOURS, 1)[:, :NEIGHBOURS]
        mean = known[near][:, :, own].mean(1)
        suggested[:, own] = mean
        apart = np.abs(cells[:, own] - mean)[:, 0] if name not in encoding.levels else 1 - (cells[:, own] * mean).sum(1)
        scores[:, j], at = apart, at + width
    return scores, encoding.decode(suggested)


def _squares(a: Array, b: Array) -> Array:
    return np.asarray(np.square(a).sum(1)[:, None] + np.square(b).sum(1) - 2 * a @ b.T)


def by_forest(train: pd.DataFrame, asked: pd.DataFrame, seed: int) -> Found:
    """An isolation forest; each split on a row's path counts for its column by how soon the path ends (local DIFFI,
    Carletti et al., 2023), times the row's score. Suggestions are those of ``by_column``."""
    encoding = Encoding(train, one_hot=False)
    known, cells = (np.nan_to_num(encoding.encode(part), nan=-1.0) for part in (train, asked))
    forest = IsolationForest(random_state=seed).fit(known)
    credit, count = np.zeros(asked.shape), np.zeros(asked.shape)
    for tree in forest.estimators_:
        paths = tree.decision_path(cells.astype(np.float32)).tocoo()
        length = np.bincount(paths.row, minlength=len(cells)) - 1
        feature = tree.tree_.feature[paths.col]
        split = feature >= 0
        row, feature = paths.row[split], feature[split]
        gain = 1 / np.maximum(length, 1) - 1 / tree.tree_.max_depth
        np.add.at(credit, (row, feature), gain[row])
        np.add.at(count, (row, feature), 1.0)
    strange = -forest.score_samples(cells)
    return credit / np.maximum(count, 1.0) * strange[:, None], by_column(train, asked, seed)[1]


FINDERS: dict[str, Callable[[pd.DataFrame, pd.DataFrame, int], Found]] = {
    "columns": by_column,
    "5nn": by_neighbours,
    "isolation_forest": by_forest,
}
