"""Detectors beside ours that NumPy and scikit-learn have: each scores every step of one metric; higher is stranger.

Each takes (values to fit on, values to score, window, seed). Settings are those that TSB-AD found best over its series
without a label of these ones (Liu and Paparrizos, 2024): windows of the metric's period, every component for Sub-PCA,
150 trees, 30 neighbours. Names that end in ``_2p`` have windows of two periods.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from common import Array
from scipy.spatial.distance import cdist
from series_data import windows_of
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor

Detector = Callable[[Array, Array, int, int], Array]
CHUNK = 2_000


def padded(scores: Array, steps: int) -> Array:
    """Scores of windows as scores of the steps in their middles; those at both ends repeat."""
    lacking = steps - len(scores)
    return np.pad(scores, (-(-lacking // 2), lacking // 2), mode="edge")


def window_rows(fit: Array, asked: Array, window: int) -> tuple[Array, Array]:
    """(windows, window) of both, standardised by step of the window over those to fit on."""
    train, test = windows_of(fit, window), windows_of(asked, window)
    loc, scale = train.mean(0), train.std(0)
    scale = np.where(scale > 0, scale, 1.0)
    return (train - loc) / scale, (test - loc) / scale


def sub_pca(fit: Array, asked: Array, window: int, seed: int) -> Array:
    """PyOD's PCA on windows, as TSB-AD's Sub-PCA: distances to the directions, each over its share of variance."""
    train, test = window_rows(fit, asked, window)
    found = PCA(random_state=seed).fit(train)
    shares = np.maximum(found.explained_variance_ratio_, 1e-15)
    parts = [(cdist(part, found.components_) / shares).sum(1) for part in np.array_split(test, -(-len(test) // CHUNK))]
    return padded(np.concatenate(parts), len(asked))


def pca_residual(fit: Array, asked: Array, window: int, seed: int) -> Array:
    """Mean squared error of windows rebuilt from the directions that hold 90 % of the variance, a step's mean."""
    train, test = window_rows(fit, asked, window)
    found = PCA(0.9, svd_solver="full").fit(train)
    error = np.square(test - found.inverse_transform(found.transform(test)))
    total, count = np.zeros(len(asked)), np.zeros(len(asked))
    for offset in range(window):
        total[offset : offset + len(error)] += error[:, offset]
        count[offset : offset + len(error)] += 1
    return np.asarray(total / count)


def isolation_forest(fit: Array, asked: Array, window: int, seed: int) -> Array:
    """An isolation forest of 150 trees on windows."""
    train, test = window_rows(fit, asked, window)
    found = IsolationForest(n_estimators=150, random_state=seed).fit(train)
    return padded(-found.score_samples(test), len(asked))


def lof(fit: Array, asked: Array, window: int, seed: int) -> Array:
    """Local outlier factor of windows, 30 neighbours; of the fitted windows themselves without each one's own."""
    train, test = window_rows(fit, asked, window)
    if fit is asked:
        found = LocalOutlierFactor(n_neighbors=30).fit(train)
        return padded(-found.negative_outlier_factor_, len(asked))
    found = LocalOutlierFactor(n_neighbors=30, novelty=True).fit(train)
    return padded(-found.score_samples(test), len(asked))


def spectral_residual(fit: Array, asked: Array, window: int, seed: int) -> Array:
    """Saliency of the log spectrum less its running mean (Ren et al., 2019), over 100 frequencies as in TSB-AD.

    Nothing is fitted. The published 3 frequencies, with the saliency over its own running mean, score lower here.
    """
    spectrum = np.fft.fft(asked - asked.mean())
    log, width = np.log(np.maximum(np.abs(spectrum), 1e-12)), min(100, len(asked))
    smooth = np.convolve(np.pad(log, (width // 2, (width - 1) // 2), mode="wrap"), np.full(width, 1 / width), "valid")
    return np.asarray(np.abs(np.fft.ifft(np.exp(log - smooth + 1j * np.angle(spectrum)))))


def two_periods(detector: Detector) -> Detector:
    """The detector on windows of twice the length."""
    return lambda fit, asked, window, seed: detector(fit, asked, min(2 * window, len(fit) // 2), seed)


DETECTORS: dict[str, Detector] = {
    "sub_pca": sub_pca,
    "sub_pca_2p": two_periods(sub_pca),
    "pca_residual": pca_residual,
    "pca_residual_2p": two_periods(pca_residual),
    "isolation_forest": isolation_forest,
    "isolation_forest_2p": two_periods(isolation_forest),
    "lof": lof,
    "spectral_residual": spectral_residual,
}
