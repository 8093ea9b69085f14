"""Sound: models of recordings, and the five questions about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from quintet import arguments as a
from quintet import storage
from quintet.arguments.checking import constructor, hold_parameters
from quintet.arguments.model_endings import refuse_foreign_ending
from quintet.data.sequences.sound.description import SoundDescription
from quintet.data.sequences.sound.given import take_sound
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._answers.fitted_estimator import fitted_for
from quintet.estimators._fit.resolve_config import seed_of
from quintet.estimators._sound import compression, denoising, detection, generation, imputation
from quintet.estimators._sound.file import sound_parts
from quintet.estimators._sound.fitting import fit_sound
from quintet.estimators._sound.sound_estimator import refuse_mixture
from quintet.estimators.accessor import Accessor
from quintet.estimators.vae import VAE
from quintet.models.fitted import Fitted
from quintet.training import Training


class Sound(BaseEstimator):  # type: ignore[misc]
    """The five questions about recordings: lossless files, strange ones and damage, mending, gaps, and new clips.

    Two ``VAE`` are in one file. One models frames of what linear prediction leaves of the samples: it compresses, and
    suspects clicks. The other models whole recordings as mel spectrograms of one size: it finds strange recordings and
    generates new ones. Gaps are filled by an autoregression of the steps around them. A source is the path of a WAV,
    FLAC or OGG file or of a folder of such, an array (steps,) or (steps, 2) of samples with its rate, or a list of
    arrays or of ``Recording``. Answers have the form of the source, files as ``Recording``.

    Parameters
    ----------
    preset, epochs, max_minutes, device, random_state, training, calibration, false_alarms, verbose :
        as of ``VAE``, for both models; they share the minutes.
    frame : int or "auto", default="auto"
        Samples of a frame; "auto": 128 to 1,024, by how many samples there are.

    Attributes
    ----------
    vae : VAE
        The model of frames.
    clips : VAE
        The model of whole recordings, conditional where ``fit`` had labels.
    description_ : SoundDescription
        Rate, channels, frames, and what was measured on held-out recordings.
    notes_ : list of str
        What was found and chosen, in sentences.

    Examples
    --------
    >>> import numpy as np
    >>> from quintet import Sound
    >>> rng = np.random.default_rng(0)
    >>> tone = [(3000 * np.sin(np.arange(900) * rng.uniform(0.2, 0.4))).astype("int16") for _ in range(20)]
    >>> sound = Sound(epochs=2).fit(tone, rate=8000)
    >>> bool(all((a == b).all() for a, b in zip(sound.decompress(sound.compress(tone)), tone)))
    True
    """

    vae: VAE
    clips: VAE

    compress = compression.compress
    decompress = compression.decompress
    impute = imputation.impute
    denoise = denoising.denoise
    detect = detection.detect
    generate = generation.generate

    plot = Accessor("quintet.plot.sounds", "SoundPlots", "Figures: ``sound.plot.spectrogram(recording)``.")

    @constructor
    def __init__(
        self,
        preset: str = "fast",
        epochs: a.Count | None = None,
        max_minutes: a.Positive | None = None,
        device: a.Device = "auto",
        random_state: a.RandomState | None = 0,
        *,
        frame: a.FrameSteps = "auto",
        training: dict[str, Any] | Training | None = None,
        calibration: a.HeldOut = 0.1,
        false_alarms: a.OpenShare = 0.05,
        verbose: a.Verbose = "auto",
    ) -> None:
        self.preset: str = preset
        self.epochs: a.Count | None = epochs
        self.max_minutes: a.Positive | None = max_minutes
        self.device: a.Device = device
        self.random_state: a.RandomState | None = random_state
        self.frame: a.FrameSteps = frame
        self.training: dict[str, Any] | Training | None = training
        self.calibration: a.HeldOut = calibration
        self.false_alarms: a.OpenShare = false_alarms
        self.verbose: a.Verbose = verbose

    @public
    def fit(
        self, X: a.SoundLike, y: a.Labels | None = None, *, rate: a.Count | None = None, label: str | None = None
    ) -> Self:
        """Train both models on recordings of one rate and number of channels.

        Parameters
        ----------
        X : the source.
        y : (n,), the class of each recording, for new clips of a class; None: by the folders or names of files.
        rate : samples a second of arrays.
        label : where the classes of files are: "folder", "name" (up to the first "_" or "-") or "none"; None: found.
        """
        hold_parameters(self)
        if label not in (None, "folder", "name", "none"):
            raise InputError(f"label must be 'folder', 'name', 'none' or None, got {label!r}.")
        given = take_sound(X, rate, label)
        labels = None if label == "none" else given.labels if y is None else np.asarray(y)
        if labels is not None and len(labels) != len(given.recordings):
            raise InputError(f"y must have a label for each of {len(given.recordings)} recordings, got {len(labels)}.")
        refuse_mixture(given, given.recordings[0].rate, given.recordings[0].channels)
        seed = seed_of(self.random_state)
        shared = {name: getattr(self, name) for name in ("preset", "epochs", "max_minutes", "device", "training")}
        shared |= {"calibration": self.calibration, "false_alarms": self.false_alarms, "verbose": self.verbose}
        found = fit_sound(given, labels, self.frame, shared | {"random_state": seed}, seed)
        self.vae, self.clips, self.notes_ = found.frames, found.clips, found.notes
        return self

    @classmethod
    def _of_models(cls, frames: VAE, clips: VAE) -> Self:
        """Around two trained models, the first of which describes the sound."""
        known = frames.schema_.sequence
        if not isinstance(known, SoundDescription):
            raise InputError("The model of frames must describe its sound, got one that does not: fit it by Sound.")
        names = ("preset", "epochs", "max_minutes", "device", "random_state", "calibration", "false_alarms")
        made = cls(**{name: getattr(frames, name) for name in names}, frame=known.frame)
        made.vae, made.clips, made.notes_ = frames, clips, []
        return made

    @property
    def description_(self) -> SoundDescription:
        """What the model remembers of its recordings."""
        check_is_fitted(self, "vae")
        known = self.vae.schema_.sequence
        assert isinstance(known, SoundDescription)
        return known

    @public
    def save(self, path: a.File, *, force: bool = True) -> None:
        """Write both models to one safetensors file, atomically; ``quintet.load`` gives them back.

        Parameters
        ----------
        force : as of ``VAE.save``.
        """
        check_is_fitted(self, "vae")
        refuse_foreign_ending(Path(path), "path")
        storage.save(path, *sound_parts(self.vae, self.clips), force=force)

    @property
    def fitted_(self) -> Fitted:
        """The fitted model of frames."""
        return fitted_for(self.vae)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "vae")
