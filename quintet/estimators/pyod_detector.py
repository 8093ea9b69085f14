"""PyodDetector: anomalies by the conventions of PyOD, whose package it does not need."""

from __future__ import annotations

from typing import Annotated, Any, Self

import numpy as np
import torch
from scipy.special import erf
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from quintet.arguments import Labels, RandomState, RowsLike
from quintet.arguments.checking import constructor, hold_parameters
from quintet.arguments.rules import Number, OneOf
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.estimators._input.user_rows import rows_of
from quintet.estimators.fitted_repr import fitted_repr
from quintet.estimators.vae import VAE
from quintet.tasks.detect import detect as task
from quintet.tasks.detect.reference_points import reference_places

Contamination = Annotated[float, Number(above=0, most=0.5)]
Method = Annotated[str, OneOf(("linear", "unify"))]


class PyodDetector(BaseEstimator):  # type: ignore[misc]
    """A detector of anomalies as PyOD's are: higher scores are stranger, labels are 0 (normal) and 1 (anomalous).

    It can be combined with PyOD's own detectors (``pyod.models.combination``, ``LSCP``, ``FeatureBagging``). p-values,
    strange cells and the other questions are those of ``vae_``.

    Parameters
    ----------
    contamination : float, default=0.1
        Share of anomalies among the training rows, above 0 and at most 0.5: it sets the threshold and nothing else.
    vae : VAE, default=None
        The model to train, with its parameters; it is cloned. None: ``VAE()``, whose scores take all training rows for
        normal. ``VAE(training_anomalies=...)`` does not.
    random_state : int, RandomState instance or None, default=0
        Seed of the model; it takes the place of ``vae``'s.

    Attributes
    ----------
    vae_ : VAE
        The trained model.
    decision_scores_ : ndarray (n,)
        Scores of the training rows, each without itself among its neighbours.
    threshold_ : float
        The score that a share ``contamination`` of the training rows exceeds.
    labels_ : ndarray (n,) of int
        1 for training rows above the threshold.

    Examples
    --------
    >>> import numpy as np
    >>> from quintet import VAE, PyodDetector
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> detector = PyodDetector(contamination=0.1, vae=VAE(epochs=2)).fit(X)
    >>> int(detector.labels_.sum()), int(detector.predict([[9.0, 9.0, 9.0]])[0])
    (20, 1)
    """

    __repr__ = fitted_repr

    @constructor
    def __init__(
        self, contamination: Contamination = 0.1, vae: VAE | None = None, random_state: RandomState | None = 0
    ) -> None:
        self.contamination: Contamination = contamination
        self.vae: VAE | None = vae
        self.random_state: RandomState | None = random_state

    @public
    def fit(self, X: RowsLike, y: Labels | None = None) -> Self:
        """Train on rows, of which a share ``contamination`` may be anomalous; y is ignored."""
        hold_parameters(self)
        model = VAE() if self.vae is None else clone(self.vae)
        self.vae_ = model.set_params(random_state=self.random_state).fit(X)
        self.n_features_in_ = self.vae_.n_features_in_
        self.decision_scores_ = _scores_of_training_rows(self.vae_, X)
        self.threshold_ = float(np.percentile(self.decision_scores_, 100 * (1 - self.contamination)))
        self.labels_ = (self.decision_scores_ > self.threshold_).astype(int)
        return self

    @public
    def decision_function(self, X: RowsLike) -> Array:
        """The score of each row, (n,); higher is stranger."""
        check_is_fitted(self, "vae_")
        return -np.asarray(self.vae_.score_samples(X))

    @public
    def predict(self, X: RowsLike) -> Array:
        """1 for rows above the threshold, 0 for others, (n,)."""
        return (self.decision_function(X) > self.threshold_).astype(int)

    @public
    def fit_predict(self, X: RowsLike, y: Labels | None = None) -> Array:
        """Train, and the labels of the training rows."""
        return self.fit(X).labels_

    @public
    def predict_proba(self, X: RowsLike, method: Method = "linear") -> Array:
        """Scores between 0 and 1 as PyOD computes them, (n, 2): normal, anomalous; no calibrated probabilities.

        Parameters
        ----------
        method : "linear" for the place between the smallest and the largest training score, "unify" for the normal
            distribution with their mean and spread.
        """
        scores = self.decision_function(X)
        low, high = self.decision_scores_.min(), self.decision_scores_.max()
        if method == "linear":
            strange = (scores - low) / max(high - low, np.finfo(float).tiny)
        else:
            spread = max(float(self.decision_scores_.std()), np.finfo(float).tiny)
            strange = erf((scores - self.decision_scores_.mean()) / (spread * 2**0.5))
        strange = np.clip(strange, 0, 1)
        return np.stack([1 - strange, strange], 1)

    def __sklearn_tags__(self) -> Any:
        """Missing cells and images are legal."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags


def _scores_of_training_rows(vae: VAE, X: Any) -> Array:
    """The scores of the rows of ``fit``; a row that is a reference point does not count as its own neighbour.

    Otherwise they would be lower than the scores of new rows, and the threshold too low.
    """
    rows, _ = rows_of(vae, X, vae.schema_)
    train = vae._train_places
    own = torch.zeros(len(rows), 2, dtype=torch.int64)
    kept = reference_places(len(train), vae.seed_, vae.training_anomalies)
    own[train[kept]] = torch.stack([torch.arange(len(kept)), torch.arange(len(kept)) + 1], 1)
    return task.scores(vae.fitted_, rows, without=own)
