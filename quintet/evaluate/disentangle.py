"""Disentanglement metrics of codes, given the true factors of the rows."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from quintet.arguments import Figures, Seed
from quintet.entry_points import public
from quintet.evaluate.factor_importance import dci
from quintet.evaluate.factors import Array, Known, binned, entropy, halves, information, known


@public
def disentanglement(codes: Figures, factors: Figures, named: Collection[int] = (), seed: Seed = 0) -> dict[str, float]:
    """ "mig", "sap", "modularity", "dci_disentanglement", "dci_completeness" and "dci_informativeness".

    Each is 0..1, higher is better, and 1 if every factor is determined by a latent of its own. NaN if no factor varies
    (modularity: fewer than two).

    Parameters
    ----------
    codes : (n, latents), such as posterior means.
    factors : (n, factors) numbers; those that do not vary are left out.
    named : columns of factors whose numbers are names, in no order.
    seed : of the splits and of the trees.
    """
    parts = dci(codes, factors, named, seed=seed)._asdict()
    found = {"mig": mig(codes, factors), "sap": sap(codes, factors, named, seed)}
    return {**found, "modularity": modularity(codes, factors), **{f"dci_{name}": part for name, part in parts.items()}}


@public
def mig(codes: Figures, factors: Figures) -> float:
    """Mutual information gap: mean over factors of (largest - second largest I(z_j; v)) / H(v), of binned columns.

    Chen et al., "Isolating sources of disentanglement in variational autoencoders", 2018. 1 if each factor
    is determined by one latent, 0 if two latents are equally informative on it.
    """
    given = known(codes, factors)
    table = _with_none(information(given.codes, given.factors))
    whole = np.array([entropy(binned(factor)) for factor in given.factors.T])
    return _mean((table[-1] - table[-2]) / whole)


@public
def modularity(codes: Figures, factors: Figures) -> float:
    """Mean over latents of 1 - Σ_{k ≠ best} I_k² / (I_best² (factors - 1)); 1 if each informs on one factor.

    Ridgeway and Mozer, "Learning deep disentangled embeddings with the F-statistic loss", 2018. Constant latents
    count 0; the value of a latent without information depends on the errors of its estimates.
    """
    given = known(codes, factors)
    if given.factors.shape[1] < 2:
        return float("nan")
    squares = np.square(information(given.codes, given.factors))
    best = squares.max(1)
    rest = (squares.sum(1) - best) / np.where(best > 0, best, 1.0) / (given.factors.shape[1] - 1)
    return _mean(np.where(best > 0, 1 - rest, 0.0))


@public
def sap(codes: Figures, factors: Figures, named: Collection[int] = (), seed: Seed = 0) -> float:
    """Separated attribute predictability: mean over factors of the gap between the two most predictive latents.

    Kumar et al., "Variational inference of disentangled latent concepts from unlabeled observations", 2018. The
    score of a latent for a numeric factor is their squared correlation; for a categorical factor, it is the balanced
    accuracy of thresholds on the latent on held-out rows, scaled to 0 at chance and 1.
    """
    given = known(codes, factors, named)
    table = np.zeros((given.codes.shape[1], given.factors.shape[1]))
    for j in range(len(table)):
        for k in range(table.shape[1]):
            table[j, k] = _by_thresholds(given, j, k, seed) if k in given.named else _squared_correlation(given, j, k)
    table = _with_none(table)
    return _mean(table[-1] - table[-2])


def _with_none(table: Array) -> Array:
    """Sort the columns, with an added latent without information as runner-up of a single latent."""
    return np.sort(np.vstack([table, np.zeros(table.shape[1])]), axis=0)


def _squared_correlation(given: Known, j: int, k: int) -> float:
    z, v = (column - column.mean() for column in (given.codes[:, j], given.factors[:, k]))
    size = float((z @ z) * (v @ v))
    return float(z @ v) ** 2 / size if size > 0 else 0.0


def _by_thresholds(given: Known, j: int, k: int, seed: int) -> float:
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.tree import DecisionTreeClassifier

    z, v = given.codes[:, j : j + 1], given.factors[:, k]
    learn, judge = halves(len(z), seed)
    names = len(np.unique(v))
    tree = DecisionTreeClassifier(max_leaf_nodes=names, class_weight="balanced", random_state=seed)
    right = balanced_accuracy_score(v[judge], tree.fit(z[learn], v[learn]).predict(z[judge]))
    return max(0.0, (float(right) - 1 / names) / (1 - 1 / names))


def _mean(values: Array) -> float:
    return float(values.mean()) if values.size else float("nan")
