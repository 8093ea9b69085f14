"""Anomalies among the training rows: neighbours so many that they cannot all be anomalies."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from quintet import VAE, PyodDetector, load
from quintet.tasks.detect.knn_index import NEIGHBOURS
from quintet.tasks.detect.reference_points import MOST_NEIGHBOURS, reference_places
from tests.shared import hardly_measured

TINY = {"network": {"kind": "mlp", "hidden": (16,)}, "latent_dim": 2, "epochs": 8, "calibration": 0.2}


def rows(n: int, strange: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Normal rows, and anomalies that lie close together."""
    rng = np.random.default_rng(seed)
    X, truth = rng.normal(size=(n, 3)), np.arange(n) < strange
    X[truth] = 3.0 + 0.3 * rng.normal(size=(strange, 3))
    order = rng.permutation(n)
    return X[order], truth[order]


def fitted(share: float) -> VAE:
    with hardly_measured():
        return VAE(training_anomalies=share, **TINY).fit(rows(600, 36, 0)[0])


@pytest.fixture(scope="module")
def aware() -> VAE:
    return fitted(0.06)


def test_a_cluster_of_anomalies_in_training_does_not_make_them_normal(aware: VAE) -> None:
    X, truth = rows(400, 40, 1)
    unaware = fitted(0.0)
    assert unaware.fitted_.artifacts.row_index.neighbours is None  # type: ignore[union-attr]
    assert roc_auc_score(truth, unaware.detect(X).scores) < 0.9
    found = aware.detect(X)
    assert roc_auc_score(truth, found.scores) > 0.97
    assert (found.p_values[~truth] <= 0.05).mean() < 0.08


def test_the_file_keeps_the_number_of_neighbours(aware: VAE, tmp_path: Path) -> None:
    X = rows(50, 5, 2)[0]
    aware.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    train = len(aware.fitted_.artifacts.row_index.points)  # type: ignore[union-attr]
    assert again.fitted_.artifacts.row_index.neighbours.item() == -(-12 * train // 100) > NEIGHBOURS  # type: ignore[union-attr]
    assert np.array_equal(again.detect(X).p_values, aware.detect(X).p_values)
    assert again.training_anomalies == 0.06


def test_many_rows_have_fewer_reference_points() -> None:
    assert len(reference_places(30_000, 0)) == 30_000
    kept = reference_places(30_000, 0, 0.1)
    assert 2 * 0.1 * len(kept) <= MOST_NEIGHBOURS
    assert torch.equal(kept, kept.unique())


def test_a_detector_by_the_conventions_of_pyod_passes_it_on() -> None:
    X, truth = rows(300, 15, 3)
    with hardly_measured():
        detector = PyodDetector(0.05, VAE(training_anomalies=0.05, **TINY)).fit(X)
    assert detector.labels_.sum() == 15
    assert detector.labels_[truth].mean() > 0.6
