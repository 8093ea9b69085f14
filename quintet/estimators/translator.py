"""Translator: rows of one domain to rows of another, learnt from unpaired sets of both."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from quintet import storage
from quintet.arguments import (
    BatchRows,
    Container,
    Count,
    Degradation,
    Device,
    File,
    NetworkLike,
    PairOfRows,
    RandomState,
    RowsLike,
)
from quintet.arguments.checking import constructor, hold_parameters
from quintet.data.columns.frames import is_mixed
from quintet.data.dataset import Rows
from quintet.data.frame_columns import is_table
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._answers.containers import in_output_container, output_of
from quintet.estimators._answers.fitted_estimator import seed_for
from quintet.estimators._file import saving
from quintet.estimators._fit.alignment import aligned, pair_source
from quintet.estimators._input import user_rows
from quintet.estimators.fitted_repr import fitted_repr
from quintet.estimators.loading import read_vae
from quintet.estimators.nested_parameters import variant_instance
from quintet.estimators.progress import progress_bar
from quintet.estimators.vae import VAE
from quintet.models.translation.degradation import degrade
from quintet.models.translation.model import TranslationModel
from quintet.noise import Noise
from quintet.tasks.edit.translate import translate
from quintet.training import History


class Translator(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Old photographs to clean ones: domain A to domain B, which need no pairs.

    Pairs are made by degrading rows of B; adversaries adapt the mapping learnt from them to the real rows of A
    (Wan et al., "Bringing old photos back to life", 2020).

    Parameters
    ----------
    vae : VAE, default=None
        The model of domain B to train, of ``variant="translate"``; it is cloned. None: ``VAE("translate")``.
    degradation : "auto", "scratches", "masking" or a function, default="auto"
        Degradation of clean rows: see the variant's option; or a function of rows (n, *row_shape) that
        gives rows of the same shape that resemble those of A.
    epochs : int, default=None
        Passes over A; None: as the preset of ``vae`` finds enough.
    random_state : int, RandomState instance or None, default=0
        Seed of all random numbers; it replaces that of ``vae``.

    Attributes
    ----------
    vae_ : VAE
        The trained model; it answers the five questions for rows of B.
    history_ : History
        Of the passes over A.
    n_features_in_ : int

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from quintet import VAE, Translator
    >>> clean = load_digits().images[:300].astype("uint8")
    >>> old = clean // 2 + 4
    >>> translator = Translator(VAE("translate", epochs=4), epochs=2).fit(old[:150], clean[150:])
    >>> translator.transform(old[:5]).shape
    (5, 8, 8)
    """

    __repr__ = fitted_repr

    @constructor
    def __init__(
        self,
        vae: VAE | None = None,
        *,
        degradation: Degradation = "auto",
        epochs: Count | None = None,
        random_state: RandomState | None = 0,
    ) -> None:
        self.vae: VAE | None = vae
        self.degradation: Degradation = degradation
        self.epochs: Count | None = epochs
        self.random_state: RandomState | None = random_state

    @public
    def fit(self, A: RowsLike | None, B: RowsLike | None = None, pairs: PairOfRows | None = None) -> Self:
        """Learn to turn rows like A's into rows like B's.

        Parameters
        ----------
        A : (n, *row_shape), rows of the first domain; None: there are none, and made ones must do.
        B : (m, *row_shape), rows of the second; none of them need belong to a row of A.
        pairs : (rows of A, rows of B) that belong together, in place of made ones.
        """
        hold_parameters(self)
        if B is None:
            raise InputError("B must be rows of the second domain, the clean ones, got None: call fit(A, B).")
        model = self._model()
        if model.kind == "columns" or (model.kind == "auto" and is_mixed(B)):
            raise InputError(
                "B must be images or rows of numbers, got a table of columns of different types: Translator degrades "
                "cells, and levels have no degrees."
            )
        if is_table(B, model.kind):
            model.set_params(kind="real")  # a frame of numbers, whose cells are degraded alike
        self.vae_ = model.fit(B)
        self.n_features_in_ = self.vae_.n_features_in_
        self.history_: History | None = None
        if A is not None or pairs is not None:
            rows = A if A is not None else pairs[1] if pairs else B
            self._align(rows, B, pairs, real=A is not None)
        return self

    @public
    def set_output(self, *, transform: Container | None = None) -> Self:
        """Set the container of the answers of ``transform``, as scikit-learn's estimators do; images stay arrays.

        Parameters
        ----------
        transform : "default" for arrays, "pandas" or "polars"; None: as it is.
        """
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}
        return self

    @public
    def transform(self, A: RowsLike, *, batch_rows: BatchRows = 256) -> Any:
        """Rows of the first domain as the second has them, (n, *row_shape) in B's dtype."""
        check_is_fitted(self)
        with progress_bar(self.vae_.verbose) as progress:
            x = translate(self.vae_.fitted_, self._rows(A), batch_rows=batch_rows, progress=progress)
        return in_output_container(self.vae_, self.vae_.schema_.to_user(x), A, config=output_of(self))

    translate = transform

    @public
    def degrade(self, B: RowsLike, random_state: RandomState | None = None) -> Array:
        """Rows of the second domain degraded, as in the pairs that training makes."""
        check_is_fitted(self)
        if callable(self.degradation):
            return np.asarray(self.degradation(np.asarray(B)))
        schema, seed = self.vae_.schema_, seed_for(self.vae_, random_state)
        kind = variant_instance(self.vae_.variant).degradation
        return schema.in_user_units(degrade(schema, self._rows(B).batch(slice(None)).x, Noise((seed, 41)), kind))

    @public
    def save(self, path: File) -> None:
        """Write everything to one file; ``Translator.load`` reads it, and ``load`` as the model of domain B."""
        check_is_fitted(self)
        tensors, header = saving.to_parts(self.vae_)
        storage.save(path, tensors, header | {"translator": {"epochs": self.epochs}})

    @classmethod
    @public
    def load(cls, path: File, *, network: NetworkLike | None = None, device: Device = "auto") -> Self:
        """Read what ``save`` wrote, or any model of ``variant="translate"``."""
        return cls.of(read_vae(path, network, device), str(path))

    @classmethod
    @public
    def of(cls, vae: VAE, name: str = "This model") -> Self:
        """Around a trained model of ``variant="translate"``."""
        if not isinstance(vae.fitted_.model, TranslationModel):
            raise InputError(f"{name} holds no translator: make one by `quintet fit DATA --variant translate`.")
        made = cls(vae, random_state=vae.random_state)
        made.vae_, made.n_features_in_, made.history_ = vae, vae.n_features_in_, None
        return made

    @public
    def align(self, A: RowsLike, B: RowsLike, pairs: PairOfRows | None = None) -> Self:
        """Train a translator once more with real rows of A, and the rows of B that pairs are made of."""
        hold_parameters(self)
        check_is_fitted(self)
        self._align(A, B, pairs, real=True)
        return self

    def _model(self) -> VAE:
        model = VAE("translate") if self.vae is None else clone(self.vae)
        variant = variant_instance(model.variant)
        if not hasattr(variant, "degradation"):
            raise InputError("vae must be of variant='translate'; give VAE('translate', ...).")
        if not callable(self.degradation) and self.degradation != "auto":
            variant = variant.set_params(degradation=self.degradation)
        model.set_params(variant=variant, random_state=self.random_state)
        return model

    def _rows(self, X: Any) -> Rows:
        return user_rows.rows_of(self.vae_, X, self.vae_.schema_)[0]

    def _align(self, A: Any, B: Any, pairs: tuple[Any, Any] | None, real: bool) -> None:
        source = pair_source(self.vae_, B, pairs, self.degradation)
        self.vae_.fitted_, self.history_ = aligned(self.vae_, self._rows(A), source, self.epochs, real)
