"""How normal, how probable, how good: scikit-learn's outlier convention and the likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import OutlierMixin

from quintet.data.schema import Array
from quintet.estimators.asked import Asked
from quintet.estimators.fitting import progress_of
from quintet.evaluate import evaluate
from quintet.tasks.detect import Detections, detect, scores
from quintet.tasks.likelihood import elbo, log_prob
from quintet.tasks.particles import effort_named


class Scores(Asked, OutlierMixin):  # type: ignore[misc]
    """detect; score_samples, decision_function, predict; log_prob, score, evaluate."""

    def detect(
        self,
        X: Any,
        *,
        fdr: float = 0.05,
        score: str = "default",
        condition: Any = None,
        mask: Any = None,
        effort: str = "normal",
        batch_rows: int = 256,
        random_state: Any = None,
    ) -> Detections:
        """How strange each row is, how sure that is, and where the surprise sits.

        Parameters
        ----------
        fdr : bound on the expected share of normal rows among those called anomalies (Benjamini-Hochberg).
        score : "default", or one component by name.
        effort, random_state : taken as by every question; here the answer is the same for all.

        Returns
        -------
        Detections
            ``scores`` (n,), higher is stranger; ``p_values`` (n,) against held-out normal rows; ``is_anomaly`` (n,);
            ``where`` (n, *row_shape), nats of surprise of each cell; ``components``, every score by name.
        """
        fitted = self._check_fitted("detect")
        effort_named(effort)
        rows, _ = self._take(X, condition, mask)
        with progress_of(self) as progress:
            return detect(fitted, rows, fdr=fdr, score=score, batch_rows=batch_rows, progress=progress)

    def score_samples(self, X: Any, condition: Any = None, *, mask: Any = None, batch_rows: int = 256) -> Array:
        """How normal each row is, (n,): the score of ``detect`` with the sign turned; higher is more normal."""
        fitted = self._check_fitted("detect")
        rows, _ = self._take(X, condition, mask)
        with progress_of(self) as progress:
            found = scores(fitted, rows, batch_rows=batch_rows, progress=progress)
        return -np.asarray(found, dtype=np.float64)

    def decision_function(self, X: Any, condition: Any = None, *, mask: Any = None, batch_rows: int = 256) -> Array:
        """``score_samples`` less ``offset_``, (n,): negative for outliers."""
        return self.score_samples(X, condition, mask=mask, batch_rows=batch_rows) - self.offset_

    def predict(self, X: Any, condition: Any = None, *, mask: Any = None, batch_rows: int = 256) -> Array:
        """-1 for outliers and 1 for normal rows, (n,); of normal rows a share of ``false_alarms`` gets -1."""
        normal = self.decision_function(X, condition, mask=mask, batch_rows=batch_rows) >= 0
        return np.where(normal, 1, -1)

    def log_prob(
        self,
        X: Any,
        condition: Any = None,
        *,
        draws: int = 100,
        mask: Any = None,
        batch_rows: int = 256,
        random_state: Any = None,
    ) -> Array:
        """log p(x) of each row in nats, (n,), by importance sampling from the posterior; of its observed cells.

        Probabilities for ``image8`` and ``binary``, densities in the user's units for ``unit`` and ``real``. Without
        ``condition`` a conditional model sums over the conditions of its training rows.
        """
        fitted = self._check_fitted("log_prob")
        rows, _ = self._take(X, condition, mask)
        seed = self._seed(random_state)
        with progress_of(self) as progress:
            found = log_prob(fitted, rows, draws=draws, batch_rows=batch_rows, seed=seed, progress=progress)
        return np.asarray(found, dtype=np.float64)

    def score(self, X: Any, y: Any = None, *, mask: Any = None, batch_rows: int = 256) -> float:
        """Mean evidence lower bound in nats a row, so that a grid search can choose; higher is better.

        Parameters
        ----------
        y : the condition of each row for a conditional model; others ignore it.
        """
        fitted = self._check_fitted("score")
        rows, _ = self._take(X, y if fitted.schema.condition is not None else None, mask)
        with progress_of(self) as progress:
            found = elbo(fitted, rows, batch_rows=batch_rows, seed=self.seed_, progress=progress)
        return float(found.mean())

    def evaluate(
        self,
        X: Any,
        condition: Any = None,
        *,
        draws: int = 100,
        mask: Any = None,
        batch_rows: int = 256,
        random_state: Any = None,
    ) -> dict[str, Any]:
        """Figures of merit on rows that did not train the model, by name; see ``quintet.evaluate.evaluate``.

        The ELBO, IW-10 and log p(x) in nats a row, distortion and rate apart, bits per dimension, the KL of each latent
        and the number of active ones, mean squared error and PSNR of the reconstruction.
        """
        fitted = self._check_fitted("evaluate")
        rows, _ = self._take(X, condition, mask)
        seed = self._seed(random_state)
        with progress_of(self) as progress:
            return evaluate(fitted, rows, draws=draws, batch_rows=batch_rows, seed=seed, progress=progress)
