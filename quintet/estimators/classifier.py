"""Classifier: classes from few labels, as a scikit-learn classifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from quintet.arguments import BatchRows, Device, File, Labels, Missing, RandomState, RowsLike, Weights
from quintet.arguments.checking import constructor, hold_parameters
from quintet.data.columns.frames import is_mixed
from quintet.data.frame_columns import is_table
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import FileRefused, InputError
from quintet.estimators._input import user_rows
from quintet.estimators.fitted_repr import fitted_repr
from quintet.estimators.loading import read_vae
from quintet.estimators.nested_parameters import variant_instance
from quintet.estimators.vae import VAE
from quintet.tasks.edit.classify import classify


class Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A semi-supervised classifier: rows with y = -1 have no label and train the model all the same.

    Inside is one VAE of variant ``"semi"``, which answers the five questions too: ``vae_``.

    Parameters
    ----------
    vae : VAE, default=None
        The model to train, with its parameters; it is cloned. None: ``VAE("semi", calibration=0.0)``, which holds no
        row out, since every label counts.
    batch_rows : int, default=256
        Rows at a time; it changes memory, not answers.
    random_state : int, RandomState instance or None, default=0
        Seed of the model; it takes the place of ``vae``'s.

    Attributes
    ----------
    vae_ : VAE
        The trained model.
    classes_ : ndarray
        The labels that were seen, sorted.
    n_features_in_ : int
    feature_names_in_ : ndarray of str, where X had column names

    Examples
    --------
    >>> import numpy as np
    >>> from quintet import VAE, Classifier
    >>> rng = np.random.default_rng(0)
    >>> truth = np.arange(200) % 2
    >>> X = rng.normal(size=(200, 2)) + 4 * truth[:, None]
    >>> y = np.where(np.arange(200) < 10, truth, -1)
    >>> model = Classifier(VAE("semi", epochs=40, calibration=0.0)).fit(X, y)
    >>> bool(model.score(X, truth) > 0.95)
    True
    """

    __repr__ = fitted_repr

    @constructor
    def __init__(
        self, vae: VAE | None = None, *, batch_rows: BatchRows = 256, random_state: RandomState | None = 0
    ) -> None:
        self.vae: VAE | None = vae
        self.batch_rows: BatchRows = batch_rows
        self.random_state: RandomState | None = random_state

    @public
    def fit(self, X: RowsLike, y: Labels | None, sample_weight: Weights | None = None) -> Self:
        """Train on rows of which some have a label.

        Parameters
        ----------
        X : rows as ``VAE.fit`` takes them: a table, a frame or images; NaN is a missing cell.
        y : (n,) labels, numbers or text; -1 (or "-1") is no label.
        sample_weight : (n,), how much each row counts, as of ``VAE.fit``; rows of weight 0 are left out.
        """
        hold_parameters(self)
        model = VAE("semi", calibration=0.0) if self.vae is None else clone(self.vae)
        if variant_instance(model.variant).unlabelled is None:
            raise InputError(f"variant must have a classifier inside, as 'semi' has, got {model.variant!r}.")
        if model.kind == "auto" and not is_mixed(X) and is_table(X, "auto"):
            model.set_params(kind="real")  # classes do not depend on whether numbers come as an array or as a frame
        shape = user_rows.shape_of(X) if is_table(X, model.kind) else user_rows.numbers(X).shape
        if y is None:
            raise InputError("Classifier requires y to be passed, but the target y is None: -1 says no label.")
        labels = column_or_1d(y, warn=True)
        assert_all_finite(labels, input_name="y")
        check_classification_targets(labels)
        if len(labels) != shape[0]:
            raise InputError(f"y must hold one label for each of {shape[0]} rows, -1 for none, got {len(labels)}.")
        self.n_features_in_ = user_rows.features_seen(self, X, shape)
        weight = user_rows.sample_weights(sample_weight, len(labels))
        counted = labels if weight is None else labels[weight > 0]
        self.classes_ = np.unique(counted[counted.astype(str) != "-1"])
        self.vae_ = model.set_params(random_state=self.random_state).fit(X, labels, sample_weight=weight)
        return self

    @public
    def predict_proba(self, X: RowsLike, *, mask: Missing | None = None) -> Array:
        """q(y|x), (n, classes), in the order of ``classes_``; rows add up to one.

        Parameters
        ----------
        mask : bool, X's shape or a row's, True where a cell is missing; for kinds that have no NaN.
        """
        check_is_fitted(self, "vae_")
        if not self.vae_.schema_.columns:
            user_rows.check_features(self, X, user_rows.numbers(X))
        rows, _ = user_rows.rows_of(self.vae_, X, self.vae_.schema_, mask=mask)
        share = classify(self.vae_.fitted_, rows, batch_rows=self.batch_rows).numpy().astype(np.float64)
        known: Array = share / share.sum(1, keepdims=True)
        return known

    @public
    def predict(self, X: RowsLike, *, mask: Missing | None = None) -> Array:
        """The likeliest class of each row, (n,)."""
        best = self.predict_proba(X, mask=mask).argmax(1)
        chosen: Array = self.classes_[best]
        return chosen

    @public
    def save(self, path: File) -> None:
        """Write the model to one safetensors file, for ``Classifier.load``; ``quintet.load`` reads its VAE."""
        check_is_fitted(self, "vae_")
        self.vae_.save(path)

    @classmethod
    @public
    def load(cls, path: File, *, device: Device = "auto") -> Self:
        """Read what ``save`` wrote; the labels come back as numbers or text.

        Raises
        ------
        FileRefused
            No such file, damaged, or a model without a classifier inside.
        """
        vae = read_vae(path, device=device)
        condition = vae.schema_.condition
        if condition is None or condition.unlabelled is None:
            raise FileRefused(f"{path} holds a model without a classifier inside; load it by quintet.load.")
        model = cls(clone(vae), random_state=vae.random_state)
        model.vae_, model.classes_ = vae, np.array(condition.columns[0].levels)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(vae, name):
                setattr(model, name, getattr(vae, name))
        return model

    def __sklearn_tags__(self) -> Any:
        """Missing cells and images are legal."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags
