"""The methods of a fitted VAE. Each is a function in the file of its question; this class lists them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, OutlierMixin, TransformerMixin
from torch import Tensor

from quintet import storage
from quintet.arguments import File
from quintet.arguments.model_endings import refuse_foreign_ending
from quintet.data.schema import Schema
from quintet.entry_points import public
from quintet.estimators import nested_parameters
from quintet.estimators._answers import (
    attributes,
    augmentation,
    clustering,
    column_prediction,
    compression,
    corrections,
    denoising,
    detection,
    drift,
    evaluation,
    generation,
    imputation,
    latent_paths,
    latents,
    likelihood,
    lossy_code,
    privacy,
    style,
)
from quintet.estimators._answers.fitted_estimator import fitted_for
from quintet.estimators._file import restoring, saving
from quintet.estimators._file.header import ModelHeader
from quintet.estimators.accessor import Accessor
from quintet.estimators.fitted_repr import fitted_repr
from quintet.models.fitted import Fitted
from quintet.tasks.detect.calibration_scores import score_limit
from quintet.tasks.detect.decision import share_of
from quintet.tasks.edit.attributes import Attribute
from quintet.training import History


class Answers(ClassNamePrefixFeaturesOutMixin, TransformerMixin, OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """The questions, the attributes and the file of a fitted VAE. ``VAE`` adds the parameters and ``fit``."""

    __repr__ = fitted_repr

    fitted_: Fitted
    history_: History
    latent_dim_: int
    seed_: int
    held_out_: int
    _train_places: Tensor
    notes_: list[str]
    false_alarms: float

    compress = compression.compress
    compress_to = compression.compress_to
    decompress = compression.decompress
    decompress_from = compression.decompress_from
    lost_rows = compression.lost_rows
    fit_lossy = lossy_code.fit_lossy

    generate = generation.generate
    augment = augmentation.augment

    denoise = denoising.denoise
    corrections = corrections.corrections

    detect = detection.detect
    score_samples = detection.score_samples
    decision_function = detection.decision_function
    predict = detection.predict
    drift = drift.drift

    impute = imputation.impute

    predict_column = column_prediction.predict_column

    log_prob = likelihood.log_prob
    score = likelihood.score
    evaluate = evaluation.evaluate
    parts_of = evaluation.parts_of
    privacy = privacy.privacy

    transform = latents.transform
    inverse_transform = latents.inverse_transform
    reconstruct = latents.reconstruct
    interpolate = latent_paths.interpolate
    traverse = latent_paths.traverse
    cluster = clustering.cluster

    fit_attribute = attributes.fit_attribute
    read_attribute = attributes.read_attribute
    edit = attributes.edit
    transfer_style = style.transfer_style

    plot = Accessor("quintet.plot", "Plots", "Matplotlib figures of the model: ``vae.plot.samples()``.")

    get_params = nested_parameters.get_params
    set_params = nested_parameters.set_params

    @property
    def schema_(self) -> Schema:
        """What a row is."""
        schema: Schema = self.fitted_.schema
        return schema

    @property
    def attributes_(self) -> dict[str, Attribute]:
        """The attributes that were learnt, by name, in order; the saved file keeps them."""
        return fitted_for(self).attributes

    @property
    def offset_(self) -> float:
        """``decision_function`` is ``score_samples`` less this; below it p <= ``false_alarms``, of complete rows.

        Minus 10⁹, which no score reaches, where the calibration rows are too few for p-values that small.
        """
        return -score_limit(fitted_for(self), share_of(self.false_alarms))

    @property
    def _n_features_out(self) -> int:
        return self.latent_dim_

    @public
    def save(self, path: File, *, force: bool = True) -> None:
        """Write everything to one safetensors file, atomically.

        Parameters
        ----------
        force : whether a file that is there is replaced; else the model is kept beside it, and the refusal names it.

        Raises
        ------
        FileRefused
            The disk is full, the folder is missing or may not be written to; an older file is left as it was.
        """
        fitted_for(self)
        refuse_foreign_ending(Path(path), "path")
        storage.save(path, *saving.to_parts(self), force=force)

    @public
    def __getstate__(self) -> dict[str, Any]:
        """Parameters as they are, everything learnt as the bytes of the file that ``save`` writes."""
        learnt = {*saving.LEARNT, "fitted_", "history_", "feature_names_in_", "_train_places"}
        state = {name: value for name, value in self.__dict__.items() if name not in learnt}
        if hasattr(self, "fitted_"):
            state["_saved"] = storage.to_bytes(*saving.to_parts(self))
        return state

    @public
    def __setstate__(self, state: dict[str, Any]) -> None:
        """Undo ``__getstate__``."""
        saved = state.pop("_saved", None)
        self.__dict__.update(state)
        if saved is not None:
            tensors, header = storage.from_bytes(saved, name="the pickle")
            checked = restoring.header_of(header, "the pickle")
            fitted = restoring.restored_model(tensors, checked, "the pickle", self.device, self.network)
            self._set_learnt(fitted, checked)

    def _set_learnt(self, fitted: Fitted, header: ModelHeader) -> None:
        """Set what ``fit`` sets, from a file."""
        self.latent_dim_ = header.learnt.latent_dim_
        self.seed_ = header.learnt.seed_
        self.held_out_ = header.learnt.held_out_
        self.notes_ = header.learnt.notes_
        self.n_features_in_ = header.learnt.n_features_in_
        if header.feature_names_in:
            self.feature_names_in_ = np.array(header.feature_names_in, dtype=object)
        self.history_ = History(header.history.rows, header.history.notes)
        self.fitted_ = fitted

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "fitted_")

    def __sklearn_tags__(self) -> Any:
        """Missing cells and images are legal; latents come in X's type of float."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32", "float64"]
        return tags
