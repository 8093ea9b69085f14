"""How normal, how probable, how good: scikit-learn's outlier convention and the likelihood."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from sklearn.base import OutlierMixin
from sklearn.utils.validation import check_is_fitted

from quintet.arguments import (
    BatchRows,
    Condition,
    Draws,
    Effort,
    JudgedRows,
    Labels,
    Missing,
    OpenShare,
    RandomState,
    RowsLike,
    Share,
)
from quintet.data import row_fingerprints
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import QuintetWarning
from quintet.estimators._fit.fitting import progress_of
from quintet.estimators._input.finite_answers import sound
from quintet.estimators.base import FittedEstimator
from quintet.evaluate import evaluate
from quintet.inference.likelihood import elbo, log_prob
from quintet.tasks.detect.decision import Decision, share_of
from quintet.tasks.detect.detect import Detections, decisions, detect, score_limit, scores


class ScoreMethods(FittedEstimator, OutlierMixin):  # type: ignore[misc]
    """detect; score_samples, decision_function, predict; log_prob, score, evaluate."""

    @property
    def offset_(self) -> float:
        """``decision_function`` is ``score_samples`` less this; below it p <= ``false_alarms`` (rows without holes).

        Minus 10⁹, which no score reaches, where the calibration rows are too few for p-values that small.
        """
        check_is_fitted(self)
        return -score_limit(self.fitted_, share_of(self.false_alarms))

    @public
    @sound
    def detect(
        self,
        X: RowsLike,
        *,
        fdr: Share | None = None,
        false_alarms: OpenShare | None = None,
        score: str = "default",
        condition: Condition | None = None,
        mask: Missing | None = None,
        effort: Effort = "normal",
        batch_rows: BatchRows = 256,
        random_state: RandomState | None = None,
    ) -> Detections:
        """How strange each row is, how sure that is, and where the surprise sits.

        Parameters
        ----------
        fdr : bound on the expected share of normal rows among those called anomalies (Benjamini-Hochberg); None: rows
            with p <= ``false_alarms`` are called, as by ``predict``.
        false_alarms : share of normal rows that are called where ``fdr`` is None; None: the estimator's own.
        score : "default", or one component by name.
        effort : with how many calibration rows a row that has holes is compared, each under its holes: "low" 128,
            "normal" up to 1,024, fewer where it is plainly usual, "high" 1,024. Rows without holes are compared with
            all calibration rows.
        random_state : deprecated; the answer is the same for every seed.

        Returns
        -------
        Detections
            ``scores`` (n,), higher is stranger; ``p_values`` (n,) against held-out normal rows; ``is_anomaly`` (n,);
            ``where`` (n, *row_shape), nats of surprise of each cell; ``components``, every score by name.
        """
        fitted = self._check_fitted("detect")
        if random_state is not None:
            warnings.warn(
                "random_state of detect is deprecated and will be removed: the answer is the same for every seed.",
                FutureWarning,
                stacklevel=2,
            )
        rule = Decision.of(fdr, false_alarms, self.false_alarms)
        rows, _ = self._take(X, condition, mask)
        with progress_of(self) as progress:
            return detect(
                fitted,
                rows,
                fdr=fdr,
                false_alarms=rule.false_alarms if fdr is None else None,
                score=score,
                effort=effort,
                batch_rows=batch_rows,
                progress=progress,
            )

    @public
    @sound
    def score_samples(
        self,
        X: RowsLike,
        condition: Condition | None = None,
        *,
        mask: Missing | None = None,
        batch_rows: BatchRows = 256,
    ) -> Array:
        """How normal each row is, (n,): the score of ``detect`` with the sign turned; higher is more normal."""
        fitted = self._check_fitted("detect")
        rows, _ = self._take(X, condition, mask)
        with progress_of(self) as progress:
            found = scores(fitted, rows, batch_rows=batch_rows, progress=progress)
        return -np.asarray(found, dtype=np.float64)

    @public
    def decision_function(
        self,
        X: RowsLike,
        condition: Condition | None = None,
        *,
        mask: Missing | None = None,
        batch_rows: BatchRows = 256,
    ) -> Array:
        """How far on the normal side of the threshold each row is, (n,): negative for outliers.

        ``score_samples`` less ``offset_``; of rows with holes, less the threshold under their own holes.
        """
        fitted = self._check_fitted("detect")
        rows, _ = self._take(X, condition, mask)
        with progress_of(self) as progress:
            beyond = decisions(fitted, rows, share_of(self.false_alarms), batch_rows=batch_rows, progress=progress)
        return -np.asarray(beyond, dtype=np.float64)

    @public
    def predict(
        self,
        X: RowsLike,
        condition: Condition | None = None,
        *,
        mask: Missing | None = None,
        batch_rows: BatchRows = 256,
    ) -> Array:
        """-1 where p <= ``false_alarms`` and 1 elsewhere, (n,): a normal row gets -1 at most so often."""
        normal = self.decision_function(X, condition, mask=mask, batch_rows=batch_rows) >= 0
        return np.where(normal, 1, -1)

    @public
    @sound
    def log_prob(
        self,
        X: RowsLike,
        condition: Condition | None = None,
        *,
        draws: Draws = 100,
        mask: Missing | None = None,
        batch_rows: BatchRows = 256,
        random_state: RandomState | None = None,
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

    @public
    @sound
    def score(
        self, X: RowsLike, y: Labels | None = None, *, mask: Missing | None = None, batch_rows: BatchRows = 256
    ) -> float:
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

    @public
    def parts_of(self, X: RowsLike, *, mask: Missing | None = None) -> Array:
        """The part that each row had when the model was fitted, (n,) of str, by fingerprints that the file keeps.

        "train": training saw it; "validation": training was watched on it; "calibration": it calibrates the p-values,
        and training did not see it; "held_out": the fit did not see it; "equal": it equals a row that trained or was
        watched, and is not known to be that row, as of few values rows recur by chance; "unknown": the file keeps no
        fingerprints (version 0.1), or those of grey rows (``kind="binarised"``). A row is known by its cells, as 32-bit
        floats, and by its holes; of equal rows as many have a part as had it in the fit.
        """
        self._check_fitted()
        parts = self._parts(X, mask)
        return np.full(len(X), "unknown") if parts is None else np.array(row_fingerprints.PARTS)[parts]

    @public
    def evaluate(
        self,
        X: RowsLike,
        condition: Condition | None = None,
        *,
        rows: JudgedRows = "held_out",
        draws: Draws = 100,
        mask: Missing | None = None,
        batch_rows: BatchRows = 256,
        random_state: RandomState | None = None,
    ) -> dict[str, Any]:
        """Figures of merit by name; see ``quintet.evaluate.evaluate``.

        The ELBO, IW-10 and log p(x) in nats a row, distortion and rate apart, bits per dimension, the KL of each latent
        and the number of active ones, mean squared error and PSNR of the reconstruction; "rows", of how many rows these
        are, "rows_trained_on", how many of X the training saw, and "rows_equal", how many more equal a row that it saw
        and are not known to be that row (both None where the file does not say).

        Parameters
        ----------
        rows : {"held_out", "all"}, default="held_out"
            "held_out" leaves out the rows that trained the model or were watched in training, where others are left.
            Rows that only equal one of them stay: without them the figures would be those of rare rows.
        """
        fitted = self._check_fitted("evaluate")
        taken, parts = self._take(X, condition, mask)[0], self._parts(X, mask)
        trained = None if parts is None else parts <= row_fingerprints.VALIDATION
        if rows == "held_out" and trained is not None and trained.any():
            if trained.all():
                warnings.warn(
                    f"All {len(taken)} rows trained this model, so the figures flatter it: give rows that were held "
                    "out, or rows='all'.",
                    QuintetWarning,
                    stacklevel=2,
                )
            else:
                taken = taken.take(torch.from_numpy(np.flatnonzero(~trained)))
        seed = self._seed(random_state)
        with progress_of(self) as progress:
            found = evaluate(fitted, taken, draws=draws, batch_rows=batch_rows, seed=seed, progress=progress)
        said = {
            "rows_trained_on": None if trained is None else int(trained.sum()),
            "rows_equal": None if parts is None else int((parts == row_fingerprints.EQUAL).sum()),
        }
        return {"rows": found.pop("rows"), **said, **found}
