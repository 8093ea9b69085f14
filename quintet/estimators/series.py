"""Series: a model of windows that answers about measurements over time."""

from __future__ import annotations

from typing import Any, Self

from sklearn.base import BaseEstimator

from quintet import arguments as a
from quintet.arguments.checking import constructor, hold_parameters
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.series.read import read_series
from quintet.data.sequences.series.stream import is_stream, read_stream
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators import nested_parameters
from quintet.estimators._series import (
    compression,
    denoising,
    detection,
    forecasting,
    generation,
    imputation,
)
from quintet.estimators._series.series_estimator import model_of
from quintet.estimators._series.training import fit_series
from quintet.estimators.vae import VAE
from quintet.training import Training


class Series(BaseEstimator):  # type: ignore[misc]
    """The five questions about series, and forecasts: one variational autoencoder of windows of steps.

    A source is the path of a .csv or .parquet file, a data frame, an array (steps,), (steps, channels) or (series,
    steps, channels), or a list of frames or arrays of any lengths. Columns of numbers are channels. Rows are put on a
    regular grid of steps; steps without a row are missing. Answers have the form of the source.

    Parameters
    ----------
    variant, latent_dim, network, preset, epochs, max_minutes, device, random_state, context, training, verbose :
        as of ``VAE``.
    time : str, default=None
        The column of time stamps, dates or numbers; None: found by its type and name, or the frame's index.
    series : str, default=None
        The column that names the series of a table with one row for each step and series; None: found where time stamps
        repeat.
    window : int or "auto", default="auto"
        Steps of a window; "auto": up to fourteen dominant periods, a little more than two of long ones, 32 to 672.
    calendar : "auto", list of "day", "week" and "year", or None, default="auto"
        Cycles of the calendar in which the model reads the place of each step; "auto": those that the period and the
        length of the series speak for.
    calibration : float, default=0.2
        Share of the steps held out of training, in whole blocks of time, to calibrate p-values.
    false_alarms : float, default=0.01
        Share of clean steps that ``detect`` calls anomalous.

    Attributes
    ----------
    vae : VAE
        The fitted model of windows.
    description_ : SeriesDescription
        Axis of time, channels, window, period, and the scores of held-out steps.
    notes_ : list of str
        What was found in the source, and what was chosen, in sentences.

    Examples
    --------
    >>> import numpy as np
    >>> from quintet import Series
    >>> steps = np.arange(600)
    >>> load = np.sin(steps * 2 * np.pi / 24) + 0.1 * np.random.default_rng(0).normal(size=600)
    >>> model = Series(epochs=5).fit(load)
    >>> model.description_.period
    24
    >>> bool((model.decompress(model.compress(load)) == load).all())
    True
    """

    vae: VAE

    impute = imputation.impute
    forecast = forecasting.forecast
    denoise = denoising.denoise
    detect = detection.detect
    generate = generation.generate
    compress = compression.compress
    decompress = compression.decompress
    decompress_file = compression.decompress_file

    get_params = nested_parameters.get_params
    set_params = nested_parameters.set_params

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
        time: str | None = None,
        series: str | None = None,
        window: a.Window = "auto",
        calendar: a.CalendarLike | None = "auto",
        context: str = "auto",
        training: dict[str, Any] | Training | None = None,
        calibration: a.HeldOut = 0.2,
        false_alarms: a.OpenShare = 0.01,
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
        self.time: str | None = time
        self.series: str | None = series
        self.window: a.Window = window
        self.calendar: a.CalendarLike | None = calendar
        self.context: str = context
        self.training: dict[str, Any] | Training | None = training
        self.calibration: a.HeldOut = calibration
        self.false_alarms: a.OpenShare = false_alarms
        self.verbose: a.Verbose = verbose

    @public
    def fit(
        self,
        X: a.SeriesLike,
        y: a.Labels | None = None,
        *,
        checkpoint: a.File | None = None,
        resume: bool = False,
    ) -> Self:
        """Train on the windows of one or more series, with or without gaps.

        Parameters
        ----------
        X : the source.
        y : (series,), default=None
            The class of each series, for a conditional variant (``"cvae"``), in place of the calendar.
        checkpoint, resume : as of ``VAE.fit``.
        """
        hold_parameters(self)
        if is_stream(X) and self.series is None:
            data = read_stream(X, time=self.time)
        else:
            data = read_series(X, time=self.time, series=self.series)
        options = {"checkpoint": checkpoint, "resume": resume}
        vae, notes = fit_series(self._of_vae(), data, y, self.window, self.calendar, options)
        vae.notes_ = [*notes, *vae.notes_]
        self.vae = vae
        return self

    @property
    def description_(self) -> SeriesDescription:
        """What the model remembers of its series."""
        return model_of(self)[1]

    @property
    def notes_(self) -> list[str]:
        """What was found and chosen, in sentences."""
        notes: list[str] = model_of(self)[0].notes_
        return notes

    @public
    def save(self, path: a.File, *, force: bool = True) -> None:
        """Write everything to one safetensors file, which ``quintet.load`` reads; as of ``VAE.save``."""
        model_of(self)[0].save(path, force=force)

    @classmethod
    @public
    def of_vae(cls, vae: a.FittedVAE) -> Series:
        """The series' estimator around a fitted model of windows, of a loaded file for example."""
        known = vae.schema_.sequence
        if not isinstance(known, SeriesDescription):
            raise InputError("vae must be a model of series, got one that remembers no axis of time: fit a Series.")
        names = set(cls()._of_vae())
        params = {name: value for name, value in vae.get_params(deep=False).items() if name in names}
        cycles = None if vae.schema_.calendar is None else [cycle.name for cycle in vae.schema_.calendar.cycles]
        about: dict[str, Any] = {
            "time": known.time.name,
            "series": known.id_column,
            "window": known.window,
            "calendar": cycles,
        }
        made = cls(**params, **about)
        made.vae = vae
        return made

    def _of_vae(self) -> dict[str, Any]:
        """The parameters that are those of ``VAE``."""
        own = ("time", "series", "window", "calendar")
        return {name: value for name, value in self.get_params(deep=False).items() if name not in own}
