"""VAE: the public class."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Self

from sklearn.base import BaseEstimator

from quintet import storage
from quintet.arguments import (
    Count,
    Device,
    File,
    HeldOut,
    Labels,
    LatentDim,
    Missing,
    NetworkLike,
    OpenShare,
    Positive,
    RandomState,
    RowsLike,
    VariantLike,
    Verbose,
    Weights,
)
from quintet.arguments.checking import hold_parameters
from quintet.data.schema import Schema
from quintet.entry_points import public
from quintet.estimators._file import restoring, saving
from quintet.estimators._fit import fitting
from quintet.estimators.augment_methods import AugmentMethods
from quintet.estimators.compress_methods import CompressMethods
from quintet.estimators.latent_methods import LatentMethods
from quintet.estimators.nested_parameters import NestedParameters
from quintet.estimators.question_methods import QuestionMethods
from quintet.estimators.score_methods import ScoreMethods
from quintet.training import Training


class VAE(
    QuestionMethods,
    CompressMethods,
    LatentMethods,
    AugmentMethods,
    ScoreMethods,
    NestedParameters,
    BaseEstimator,  # type: ignore[misc]
):
    """One variational autoencoder, five questions: compress, generate, denoise, detect, impute.

    A transformer (``transform`` gives the latents) and an outlier detector of scikit-learn's contract.

    Parameters
    ----------
    variant : str or a variant's options, default="auto"
        ``"beta"`` and ``Beta(beta=4.0)`` from ``quintet.variants.beta`` are two ways to say the same; "auto": ``vae``,
        and of images under ``preset="best"`` a ``ladder`` of three layers.
    latent_dim : int or "auto", default="auto"
        Number of latents; "auto": as many as principal components that hold four fifths of the variance, 2 to 32, or
        to 48 under ``preset="best"``.
    network : "auto", "mlp", "conv", "folded", dict, Mlp, Conv, Folded or a pair of functions, default="auto"
        The encoder and the decoder; a pair is ``make_encoder(in_shape)`` and ``make_decoder(latent_dim, out_shape)``.
    preset : {"fast", "best"}, default="fast"
        Model, sizes and steps where nothing else says them: 60,000 images of 28x28 in ten minutes, or in an hour.
    epochs : int, default=None
        Passes over the data, all stages together; None: as the preset finds enough.
    max_minutes : float, default=None
        Limit on the wall clock of ``fit``: where it ends training before the epochs do, the learning rate follows it.
    device : str, default="auto"
        "cpu", "cuda", "mps", or the one that is there.
    random_state : int, RandomState instance or None, default=0
        Seed of everything; None: another one each time. The global random states are left alone.
    kind : {"auto", "image8", "unit", "binary", "binarised", "count", "real"}, default="auto"
        What a cell is; "binarised": X's grey cells are chances of a one, drawn anew in each batch, and the model is one
        of zeros and ones.
    training : dict or Training, default=None
        Options of the training plan such as ``{"learning_rate": 1e-3}``; a whole ``Training`` replaces the preset's.
    calibration : float, default=0.1
        Share of the rows held out of training to calibrate p-values: at most 5,000 rows, at least 50 or a quarter. Of
        fewer than 200 rows all calibrate, by further models that did not see them.
    false_alarms : float, default=0.05
        Share of normal rows that ``predict`` calls outliers.
    verbose : bool, default=False
        A progress bar on a terminal, plain lines elsewhere.

    Attributes
    ----------
    fitted_ : Fitted
        Schema, model, guide and reference rows, as the functions of ``quintet.tasks`` take them.
    history_ : History
        A row for each epoch, ``to_csv``.
    latent_dim_ : int
    notes_ : list of str
        What was found and chosen, in sentences: kind, latents, rows held out.
    offset_ : float
        ``decision_function`` is ``score_samples`` less this.
    held_out_ : int
        Number of calibration rows that training did not see.
    seed_ : int
    n_features_in_ : int
        Cells of a row.
    feature_names_in_ : ndarray of str, where X had column names

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from quintet import VAE
    >>> X = load_digits().images.astype("uint8")
    >>> vae = VAE(epochs=2).fit(X[:500])
    >>> blob = vae.compress(X[500:510])
    >>> bool((vae.decompress(blob) == X[500:510]).all())
    True
    """

    def __init__(
        self,
        variant: VariantLike = "auto",
        latent_dim: LatentDim = "auto",
        network: NetworkLike = "auto",
        preset: str = "fast",
        epochs: Count | None = None,
        max_minutes: Positive | None = None,
        device: Device = "auto",
        random_state: RandomState | None = 0,
        *,
        kind: str = "auto",
        training: dict[str, Any] | Training | None = None,
        calibration: HeldOut = 0.1,
        false_alarms: OpenShare = 0.05,
        verbose: Verbose = False,
    ) -> None:
        self.variant = variant
        self.latent_dim = latent_dim
        self.network = network
        self.preset = preset
        self.epochs = epochs
        self.max_minutes = max_minutes
        self.device = device
        self.random_state = random_state
        self.kind = kind
        self.training = training
        self.calibration = calibration
        self.false_alarms = false_alarms
        self.verbose = verbose

    @public
    def fit(
        self,
        X: RowsLike,
        y: Labels | None = None,
        X_val: RowsLike | None = None,
        sample_weight: Weights | None = None,
        callbacks: Sequence[Callable[..., Any]] = (),
        *,
        mask: Missing | None = None,
        groups: Labels | None = None,
        continue_training: bool = False,
        checkpoint: File | None = None,
        resume: bool = False,
    ) -> Self:
        """Train on rows, with or without missing cells.

        Parameters
        ----------
        X : (n, features), (n, height, width) or (n, height, width, channels) array, tensor or frame; NaN is missing.
        y : (n,), (n, columns) or images (n, height, width[, channels]), default=None
            The condition of each row for a conditional variant (``"cvae"``); others ignore it.
        X_val : rows, or (rows, y), default=None
            Rows to watch the bound on; None: the share that ``training`` asks for.
        sample_weight : (n,), default=None
            How much each row counts in training.
        callbacks : functions of each epoch's row of the history.
        mask : bool array of X's shape or a row's, default=None
            True where a cell is missing, for kinds that have no NaN.
        groups : (n,), default=None
            Rows of one group are held out together, so that p-values are not calibrated on near copies of training
            rows: patches of one picture, rows of one patient.
        continue_training : bool, default=False
            Go on from the weights that are there (of a loaded file, say); the schema stays as it is.
        checkpoint : path, default=None
            File that is written now and then, and at Ctrl-C.
        resume : bool, default=False
            Go on from the checkpoint; a killed and resumed training ends with the weights of an undisturbed one.
        """
        began = time.perf_counter()
        hold_parameters(self)
        job = fitting.job_of(self, X, y, X_val, sample_weight, mask, continue_training, groups)
        fitting.train(
            self,
            job,
            callbacks=callbacks,
            checkpoint=checkpoint,
            resume=resume,
            begun=continue_training,
            began=began,
        )
        return self

    @property
    def schema_(self) -> Schema:
        """What a row is."""
        schema: Schema = self.fitted_.schema
        return schema

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
        self._check_fitted()
        storage.save(path, *saving.to_parts(self), force=force)

    @public
    def __getstate__(self) -> dict[str, Any]:
        """Parameters as they are, everything learnt as the bytes of the file that ``save`` writes."""
        learnt = {*saving.LEARNT, "fitted_", "history_", "feature_names_in_"}
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
            restoring.restore_estimator(self, tensors, checked, "the pickle", network=self.network)

    def __sklearn_tags__(self) -> Any:
        """Missing cells and images are legal; latents come in X's type of float."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32", "float64"]
        return tags
