"""Imputer: the fifth question as a scikit-learn transformer."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from quintet.arguments import BatchRows, Effort, RandomState, RowsLike, Unused
from quintet.arguments.checking import constructor, hold_parameters
from quintet.data.frame_columns import is_table
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._input import user_rows
from quintet.estimators.fitted_repr import fitted_repr
from quintet.estimators.vae import VAE


class Imputer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Fill NaN cells of a table by the model's p(missing cells | observed cells); a step of a pipeline.

    Parameters
    ----------
    vae : VAE, default=None
        The model to train, with its parameters; it is cloned. None: ``VAE()``.
    sample_posterior : bool, default=False
        False: the mean, the best single guess. True: one draw for each row, whose spread is honest, for multiple
        imputation with several ``random_state``.
    effort : {"low", "normal", "high"}, default="normal"
        How much computation each row takes.
    batch_rows : int, default=128
        Rows at a time; it changes memory, not answers.
    random_state : int, RandomState instance or None, default=0
        Seed of the model and of the draws; it takes the place of ``vae``'s.

    Attributes
    ----------
    vae_ : VAE
        The trained model.
    n_features_in_ : int
    feature_names_in_ : ndarray of str, where X had column names

    Examples
    --------
    >>> import numpy as np
    >>> from quintet import VAE, Imputer
    >>> X = np.random.default_rng(0).normal(size=(200, 1)) * [1.0, 2.0, 3.0]
    >>> X[::7, 1] = np.nan
    >>> filled = Imputer(VAE(epochs=5)).fit_transform(X)
    >>> bool(np.isnan(filled).any())
    False
    """

    __repr__ = fitted_repr

    @constructor
    def __init__(
        self,
        vae: VAE | None = None,
        *,
        sample_posterior: bool = False,
        effort: Effort = "normal",
        batch_rows: BatchRows = 128,
        random_state: RandomState | None = 0,
    ) -> None:
        self.vae: VAE | None = vae
        self.sample_posterior: bool = sample_posterior
        self.effort: Effort = effort
        self.batch_rows: BatchRows = batch_rows
        self.random_state: RandomState | None = random_state

    @public
    def fit(self, X: RowsLike, y: Unused = None) -> Self:
        """Train the model on rows with or without missing cells.

        Parameters
        ----------
        X : (n, features) array or frame, also with columns of text, categories or dates; NaN is a missing cell.
        y : ignored.
        """
        hold_parameters(self)
        model = VAE() if self.vae is None else clone(self.vae)
        model.set_params(random_state=self.random_state)
        shape = user_rows.shape_of(X) if is_table(X, model.kind) else user_rows.numbers(X).shape
        if len(shape) != 2:
            raise InputError(
                f"X must be a table (n, features), got rows of shape {shape[1:]}: use VAE.impute for images."
            )
        self.n_features_in_ = user_rows.features_seen(self, X, shape)
        self.vae_ = model.fit(X)
        return self

    @public
    def transform(self, X: RowsLike) -> Any:
        """X with its NaN cells filled, (n, features); observed cells are returned bit for bit.

        Of a table of columns, such as a frame of measurements, a frame with the columns of training in their order.
        """
        check_is_fitted(self)
        if self.vae_.schema_.columns:
            return self._filled(X)
        array = user_rows.numbers(X)
        user_rows.check_features(self, X, array)
        if array.dtype.kind != "f":
            return array.astype(np.float64)
        if not np.isnan(array).any():
            return array.copy()
        return np.asarray(self._filled(X))

    def _filled(self, X: Any) -> Any:
        answer = self.vae_.impute(
            X,
            draws=1 if self.sample_posterior else 0,
            effort=self.effort,
            batch_rows=self.batch_rows,
        )
        return answer[0] if self.sample_posterior else answer

    def __sklearn_tags__(self) -> Any:
        """NaN is legal; the type of floats is kept."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
