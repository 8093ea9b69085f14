"""The conventions of PyOD: scores, threshold and labels of the training rows, and of new ones."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score

from quintet import VAE, PyodDetector
from quintet.errors import InputError
from tests.shared import hardly_measured

TINY = VAE(epochs=10, latent_dim=2, network={"kind": "mlp", "hidden": (16,)})


def rows(n: int, seed: int, strange: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 1)) @ np.ones((1, 4)) + 0.3 * rng.normal(size=(n, 4))
    X[:strange] = 6 * rng.normal(size=(strange, 4))
    return X


@pytest.fixture(scope="module")
def detector() -> PyodDetector:
    with hardly_measured():
        return PyodDetector(contamination=0.1, vae=TINY).fit(rows(400, 0, 20))


def test_a_share_of_the_training_rows_is_labelled(detector: PyodDetector) -> None:
    assert detector.decision_scores_.shape == detector.labels_.shape == (400,)
    assert detector.labels_.sum() == 40
    assert np.array_equal(detector.labels_, (detector.decision_scores_ > detector.threshold_).astype(int))
    assert detector.labels_[:20].mean() > 0.7


def test_training_rows_are_not_their_own_neighbours(detector: PyodDetector) -> None:
    """Else new rows of the same law would exceed the threshold more often than training rows do."""
    new = detector.predict(rows(1000, 1, 50))
    assert new.mean() <= binom.ppf(0.9999, 1000, 0.1) / 1000 + 0.03
    again = detector.decision_function(rows(400, 0, 20))
    assert np.median(again) < np.median(detector.decision_scores_)


def test_scores_rank_as_those_of_the_vae_and_shares_follow_them(detector: PyodDetector) -> None:
    X = rows(300, 2, 30)
    scores, truth = detector.decision_function(X), np.arange(300) < 30
    assert np.array_equal(scores, detector.vae_.detect(X).scores)
    assert roc_auc_score(truth, scores) > 0.9
    for method in ("linear", "unify"):
        shares = detector.predict_proba(X, method)
        assert shares.shape == (300, 2)
        assert np.allclose(shares.sum(1), 1)
        assert (np.diff(shares[np.argsort(scores), 1]) >= 0).all()
    assert set(detector.predict(X)) <= {0, 1}


def test_parameters_frames_and_refusals() -> None:
    made = PyodDetector(0.2, TINY)
    assert clone(made).set_params(vae__epochs=3, contamination=0.3).get_params()["vae__epochs"] == 3
    with pytest.raises(NotFittedError):
        made.predict(rows(3, 0))
    for wrong in (0, 0.6, "auto"):
        with pytest.raises(InputError, match="contamination must be"):
            PyodDetector(wrong).fit(rows(30, 0))
    frame = pd.DataFrame(rows(60, 3)).add_prefix("x").round(3).assign(kind=list("ab") * 30)
    with hardly_measured():
        labels = made.set_params(vae__epochs=1).fit_predict(frame)
    assert labels.sum() == 12
    assert made.predict(frame[:5]).shape == (5,)
