"""VAE: the public class."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Self

from quintet import arguments as a
from quintet.arguments.checking import constructor, hold_parameters
from quintet.data.schema_file import declared_schema
from quintet.entry_points import public
from quintet.estimators._answers.recalibration import recalibrated
from quintet.estimators._fit.fitting import joined_history, train
from quintet.estimators._fit.job import job_of, model_to_continue
from quintet.estimators._fit.resolve_config import process_timeout_of
from quintet.estimators._input import training_rows, user_rows
from quintet.estimators._input.sources import opened
from quintet.estimators._input.weighted_rows import with_weight
from quintet.estimators.answers import Answers
from quintet.training import Training
from quintet.training.process_group import processes_for


class VAE(Answers):
    """One variational autoencoder, five questions: compress, generate, denoise, detect, impute.

    A transformer (``transform`` gives the latents) and an outlier detector of scikit-learn's contract.

    Parameters
    ----------
    variant : str or a variant's options, default="auto"
        ``"beta"``, or ``Beta(beta=4.0)`` from ``quintet.variants.beta`` with its options; "auto": ``vae``,
        and of images under ``preset="best"`` a ``ladder`` of three layers.
    latent_dim : int or "auto", default="auto"
        Number of latents; "auto": as many as principal components that hold four fifths of the variance, 2 to 32, or
        to 48 under ``preset="best"``.
    network : "auto", "mlp", "conv", "folded", dict, Mlp, Conv, Folded or a pair of functions, default="auto"
        The encoder and the decoder; a pair is ``make_encoder(in_shape)`` and ``make_decoder(latent_dim, out_shape)``.
    preset : {"fast", "best", "small"}, default="fast"
        Defaults of options: 60,000 images of 28x28 train in ten minutes, or in an hour; "small": a file of about 120 KB
        to be stored beside the rows that it compresses, with weights of eight bits, which cannot answer ``impute``,
        ``denoise``, ``detect`` and ``drift``.
    epochs : int, default=None
        Passes over the data, all stages together; None: chosen by the preset.
    max_minutes : float, default=None
        Limit on the duration of ``fit``; the learning rate's schedule ends with it.
    device : str, default="auto"
        "cpu", "cuda" or "mps"; "auto": the fastest that is available.
    random_state : int, RandomState instance or None, default=0
        Seed of everything; None: a new one each time. Global random states are neither read nor changed.
    kind : {"auto", "image8", "unit", "binary", "binarised", "count", "real", "token", "columns"}, default="auto"
        What a cell is; "binarised": zeros and ones, drawn anew in each batch by X's grey cells; "token": whole numbers
        without an order, such as letters; "columns": a table.
    layout : {"auto", "steps"}, default="auto"
        "steps": rows are series (n, steps) or (n, steps, channels), whose steps share their units and their network;
        "auto": pixels of images, or features without neighbours.
    schema : path, dict or Schema, default=None
        Types, levels and bounds of a table's columns, ``{"zip": {"type": "categorical"}}``, and constraints of its
        rows; what it lacks is learnt. A file of ``quintet schema``, or ``schema_`` of another model.
    context : {"auto", "none", "columns", "grid", "wide_grid", "steps", "tokens"}, default="auto"
        Decoder that sees the cells that are already known, trained last; "auto": for tables of columns, images in
        colour and series.
    training : dict or Training, default=None
        Options of the training plan such as ``{"learning_rate": 1e-3}``; a whole ``Training`` replaces the preset's.
    calibration : float, default=0.1
        Share of the rows held out of training to calibrate p-values: at most 5,000 rows, at least 50 or a quarter. Of
        fewer than 200 rows all calibrate, by further models that did not see them.
    false_alarms : float, default=0.05
        Share of normal rows that ``predict`` calls outliers.
    training_anomalies : float, default=0.0
        Share of anomalous rows among the rows of ``fit``, at most 0.4: ``detect`` then compares a row with so many
        neighbours that they cannot all be anomalies. 0: all rows are normal.
    verbose : bool or "auto", default="auto"
        True: a progress bar on a terminal and in a notebook, plain lines elsewhere; "auto": on a terminal and in a
        notebook alone, once work has taken three seconds. A saved file does not keep it.

    Attributes
    ----------
    fitted_ : Fitted
        Schema, model, guide and reference rows, as the functions of ``quintet.tasks`` take them.
    history_ : History
        A row for each epoch, ``to_csv``.
    latent_dim_ : int
    notes_ : list of str
        What ``fit`` found and chose, in sentences: kind, latents, rows held out.
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

    @constructor
    def __init__(
        self,
        variant: a.VariantLike = "auto",
        latent_dim: a.LatentDim = "auto",
        network: a.NetworkLike = "auto",
        preset: str = "fast",
        epochs: a.Count | None = None,
        max_minutes: a.Positive | None = None,
        device: a.Device = "auto",
        random_state: a.RandomState | None = 0,
        *,
        kind: str = "auto",
        layout: a.Layout = "auto",
        schema: a.SchemaLike | None = None,
        context: str = "auto",
        training: dict[str, Any] | Training | None = None,
        calibration: a.HeldOut = 0.1,
        false_alarms: a.OpenShare = 0.05,
        training_anomalies: a.TrainingAnomalies = 0.0,
        verbose: a.Verbose = "auto",
    ) -> None:
        self.variant: a.VariantLike = variant
        self.latent_dim: a.LatentDim = latent_dim
        self.network: a.NetworkLike = network
        self.preset: str = preset
        self.epochs: a.Count | None = epochs
        self.max_minutes: a.Positive | None = max_minutes
        self.device: a.Device = device
        self.random_state: a.RandomState | None = random_state
        self.kind: str = kind
        self.layout: a.Layout = layout
        self.schema: a.SchemaLike | None = schema
        self.context: str = context
        self.training: dict[str, Any] | Training | None = training
        self.calibration: a.HeldOut = calibration
        self.false_alarms: a.OpenShare = false_alarms
        self.training_anomalies: a.TrainingAnomalies = training_anomalies
        self.verbose: a.Verbose = verbose

    @public
    def fit(
        self,
        X: a.RowsOrSource,
        y: a.LabelsOrClock | None = None,
        X_val: a.RowsLike | None = None,
        sample_weight: a.Weights | None = None,
        callbacks: Sequence[Callable[..., Any]] = (),
        *,
        mask: a.Missing | None = None,
        groups: a.Labels | None = None,
        continue_training: bool = False,
        checkpoint: a.File | None = None,
        resume: bool = False,
    ) -> Self:
        """Train on rows, with or without missing cells.

        In several processes, started by torchrun or ``accelerate launch``, each computes a share of the rows of every
        batch; all of them end with the same model. Give all rows to each.

        Parameters
        ----------
        X : (n, features), (n, height, width) or (n, height, width, channels) array, tensor or frame; NaN is missing.
            Or a source of rows: what ``load_data`` reads, or files of Parquet or Arrow as ``open_rows`` takes them
            (``"folder/"``, ``"part-*.parquet"``, ``"s3://..."``). Rows larger than 256 MiB are never whole in memory.
        y : (n,), (n, columns) or images (n, height, width[, channels]), default=None
            The condition of each row for a conditional variant (``"cvae"``); others ignore it. Or the ``Clock`` of
            windows of a series, which their context decoder reads.
        X_val : rows, or (rows, y), default=None
            Validation rows; None: the share set in ``training``.
        sample_weight : (n,), default=None
            How much each row counts: a weight of 2 is worth a row that occurs twice, one of 0 no row at all.
            Every stage of training and what is drawn from afterwards follow it; p-values count calibration rows alike.
        callbacks : functions of each epoch's row of the history.
        mask : bool array of X's shape or a row's, default=None
            True where a cell is missing, for kinds that have no NaN.
        groups : (n,), default=None
            Rows of one group are held out together, so that p-values are not calibrated on near copies of training
            rows: patches of one picture, rows of one patient.
        continue_training : bool, default=False
            Continue from the model's weights, of a loaded file for example; its schema stays.
        checkpoint : path, default=None
            File that is written at intervals, and at Ctrl-C.
        resume : bool, default=False
            Resume from the checkpoint; the weights end as those of a training that was never interrupted.
        """
        began = time.perf_counter()
        hold_parameters(self)
        X, y, mask = opened(X, y, mask)
        X, y, mask, groups, weight = with_weight(X, y, mask, groups, sample_weight)
        before = model_to_continue(self) if continue_training else None
        known = None if before is None else before.schema
        declared = declared_schema(self.schema if known is None else None)
        kind = declared.kind_beside(self.kind)
        array, table = training_rows.training_cells(
            X, kind, mask, known, declared.columns, declared.constraints, self.layout == a.STEPS
        )
        if before is None:
            shape = array.shape if table is None else (len(array), len(table.columns))
            self.n_features_in_ = user_rows.features_seen(self, X, shape)  # and feature_names_in_
        elif table is None:
            user_rows.check_features(self, X, array)
        about: dict[str, Any] = {"sample_weight": weight, "mask": mask, "groups": groups, "kind": kind}
        with processes_for(self.device, process_timeout_of(self.training)) as processes:
            job = job_of(self, X, array, y, X_val, **about, table=table, before=before, processes=processes)
            result = train(
                job,
                device=self.device,
                verbose=self.verbose,
                callbacks=callbacks,
                checkpoint=checkpoint,
                resume=resume,
                began=began,
                processes=processes,
            )
        self.latent_dim_ = job.latent_dim
        self.seed_ = job.seed
        self.held_out_ = job.parts.held_out
        self._train_places = job.parts.places[0]
        self.notes_ = result.notes
        self.history_ = result.history if before is None else joined_history(self.history_, result.history)
        self.fitted_ = result.fitted
        if result.failure is not None:
            raise result.failure
        return self

    @public
    def recalibrate(
        self,
        X: a.RowsLike,
        condition: a.Condition | None = None,
        *,
        mask: a.Missing | None = None,
        batch_rows: a.BatchRows = 256,
    ) -> Self:
        """Calibrate the p-values of ``detect`` and the threshold of ``predict`` on other normal rows; weights stay.

        P(p <= t) <= t then holds for rows from the source of X: another camera, another month. ``save`` keeps it.

        Parameters
        ----------
        X : normal rows, at least 20, that did not train the model; they replace its calibration rows.
        condition : of each row, for a conditional model.
        """
        found = recalibrated(self, X, condition, mask, batch_rows)
        self.fitted_, self.held_out_ = found.fitted, found.rows
        self.notes_ = [*self.notes_, f"p-values are calibrated on {found.rows} other rows"]
        return self
