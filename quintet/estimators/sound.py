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
from quintet.data.sequences.sound.clips import ClipShape
from quintet.data.sequences.sound.description import SoundDescription
from quintet.data.sequences.sound.given import GivenSound, in_form, take_sound
from quintet.data.sequences.sound.recording import Recording
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._answers.fitted_estimator import fitted_for, seed_for
from quintet.estimators._fit.resolve_config import seed_of
from quintet.estimators._sound import coding
from quintet.estimators._sound.damage import Interval, damage_in, mask_of
from quintet.estimators._sound.detections import SoundDetections
from quintet.estimators._sound.file import sound_parts
from quintet.estimators._sound.filling import fill_gaps
from quintet.estimators._sound.fitting import fit_sound
from quintet.estimators._sound.strangeness import strangeness_of
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
        _refuse_mixture(given, given.recordings[0].rate, given.recordings[0].channels)
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
    def compress(
        self,
        X: a.SoundLike,
        *,
        rate: a.Count | None = None,
        effort: a.Effort = "normal",
        batch_rows: a.BatchRows = 256,
    ) -> bytes:
        """Recordings to the bytes of one file, from which ``decompress`` brings back every sample.

        Other parts of a file than its samples, such as a title, are not kept.

        Parameters
        ----------
        rate : of arrays; None: the model's.
        effort, batch_rows : as of ``VAE.compress``.
        """
        given = self._take(X, rate, alike=False)
        return coding.compress_sound(self.vae, given, self.description_.frame, effort=effort, batch_rows=batch_rows)

    @public
    def decompress(self, blob: a.Blob, *, batch_rows: a.BatchRows = 256) -> Any:
        """The recordings of ``compress``, sample for sample."""
        check_is_fitted(self, "vae")
        return in_form(*coding.decompress_sound(self.vae, bytes(blob), batch_rows=batch_rows))

    @public
    def impute(
        self,
        X: a.SoundLike,
        *,
        rate: a.Count | None = None,
        mask: a.MissingEach | None = None,
    ) -> Any:
        """Recordings with their gaps filled; other samples stay bit for bit.

        Each gap is filled by an autoregression of the steps around it, whose order was learnt on held-out recordings.

        Parameters
        ----------
        mask : (steps,) bool of each recording, True where a sample is missing; NaN in arrays is missing, too.
        """
        given = self._take(X, rate)
        holes = given.holes() if mask is None else _masks(mask, given)
        return given.like_given(fill_gaps(given.samples, holes, self.description_.gaps))

    @public
    def denoise(
        self,
        X: a.SoundLike,
        *,
        rate: a.Count | None = None,
        return_report: bool = False,
        batch_rows: a.BatchRows = 128,
    ) -> Any:
        """Recordings with clicks and dropouts found and filled; all other samples stay bit for bit.

        Parameters
        ----------
        return_report : give (recordings, intervals): of each recording the list of what was mended.
        """
        given, known = self._take(X, rate), self.description_
        samples = self._whole(given)
        found = damage_in(self.vae, samples, known.damage, known.bits, batch_rows=batch_rows)
        holes = [mask_of(len(own), each) for own, each in zip(samples, found, strict=True)]
        mended = given.like_given(fill_gaps(samples, holes, known.gaps))
        return (mended, found) if return_report else mended

    @public
    def detect(
        self,
        X: a.SoundLike,
        *,
        rate: a.Count | None = None,
        fdr: a.Share | None = None,
        false_alarms: a.OpenShare | None = None,
        damage: bool = True,
        batch_rows: a.BatchRows = 256,
    ) -> SoundDetections:
        """How strange each recording is, with a p-value, and which stretches of it are damaged.

        A model of fewer than ten recordings knows parts of them; a recording then is as strange as its strangest part.

        Parameters
        ----------
        fdr, false_alarms : as of ``VAE.detect``.
        damage : whether to look for clicks and dropouts within.
        """
        given, known = self._take(X, rate), self.description_
        samples = self._whole(given)
        found = strangeness_of(self.clips, given.recordings, known, fdr, false_alarms, batch_rows=batch_rows)
        intervals: list[list[Interval]] = [[] for _ in samples]
        if damage:
            intervals = damage_in(self.vae, samples, known.damage, known.bits, batch_rows=batch_rows)
        names = tuple(recording.name or str(index) for index, recording in enumerate(given.recordings))
        return SoundDetections(
            names, found.scores, found.p_values, found.is_anomaly, found.where, intervals, found.rule
        )

    @public
    def generate(
        self,
        n: a.Count = 1,
        condition: a.Condition | None = None,
        *,
        temperature: a.NotNegative = 0.7,
        random_state: a.RandomState | None = None,
    ) -> list[Recording]:
        """New short recordings: spectrograms drawn from the model, and samples that have them.

        Parameters
        ----------
        condition : the class of all clips, or of each; None: drawn as in the training recordings.
        temperature : scale of the spread of the latents; the default trades variety for clarity.
        """
        check_is_fitted(self, "vae")
        seed, known = seed_for(self.clips, random_state), self.description_
        rows = self.clips.generate(n, condition, temperature=temperature, random_state=seed)
        random = np.random.default_rng((seed, 6))
        return [self._shape().recording(row, random, known.longest) for row in rows]

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

    plot = Accessor("quintet.plot.sounds", "SoundPlots", "Figures: ``sound.plot.spectrogram(recording)``.")

    @property
    def fitted_(self) -> Fitted:
        """The fitted model of frames."""
        return fitted_for(self.vae)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "vae")

    def _shape(self) -> ClipShape:
        known = self.description_
        return ClipShape(known.rate, known.clip_frames, known.clip_bands)

    def _take(self, X: Any, rate: int | None, alike: bool = True) -> GivenSound:
        """The recordings, checked against the model's."""
        known = self.description_
        given = take_sound(X, known.rate if rate is None else rate)
        if alike:
            _refuse_mixture(given, known.rate, known.channels)
        return given

    def _whole(self, given: GivenSound) -> list[Any]:
        """The samples, missing ones filled."""
        if given.missing is None:
            return given.samples
        filled = fill_gaps(given.samples, given.missing, self.description_.gaps)
        return [np.rint(each).astype(own.dtype) for each, own in zip(filled, given.samples, strict=True)]


def _refuse_mixture(given: GivenSound, rate: int, channels: int) -> None:
    """All recordings must have this rate and number of channels."""
    for index, recording in enumerate(given.recordings):
        if (recording.rate, recording.channels) != (rate, channels):
            raise InputError(
                f"All recordings must have {rate:,} samples a second and {channels} "
                f"channel{'' if channels == 1 else 's'}, as in training, got {recording.rate:,} and "
                f"{recording.channels} in recording {recording.name or index}: convert it."
            )


def _masks(mask: Any, given: GivenSound) -> list[Any]:
    """(steps,) bool of each recording."""
    parts = [mask] if given.form == "array" else list(mask)
    if len(parts) != len(given.recordings):
        raise InputError(f"mask must have an array for each of {len(given.recordings)} recordings, got {len(parts)}.")
    found = []
    for index, (part, own, nan) in enumerate(zip(parts, given.recordings, given.holes(), strict=True)):
        cells = np.asarray(part, bool)
        flat = np.asarray(cells.any(1) if cells.ndim == 2 else cells)
        if flat.shape != (own.steps,):
            raise InputError(f"The mask of recording {index} must have {own.steps:,} steps, got {flat.shape}.")
        found.append(flat | nan)
    return found
