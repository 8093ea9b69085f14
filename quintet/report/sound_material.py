"""Material of a report on a Sound: the recordings that training has not seen, and the answers on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quintet.data.sequences.sound.clips import ClipShape
from quintet.data.sequences.sound.description import SoundDescription
from quintet.data.sequences.sound.given import take_sound
from quintet.data.sequences.sound.parts import in_parts
from quintet.data.sequences.sound.recording import Recording
from quintet.errors import InputError
from quintet.estimators._sound.detections import SoundDetections
from quintet.estimators._sound.frame_rows import as_rows, residual_frames
from quintet.report.figures.palettes import Palette
from quintet.report.labels import as_labels
from quintet.report.material import ReportMaterial
from quintet.report.origin import SEEN, word_for_evaluated

if TYPE_CHECKING:
    from quintet.estimators import Sound

Array = NDArray[Any]
MOST, SECONDS = 60, 8.0
"""Recordings that are evaluated, and seconds of each."""


@dataclass
class SoundMaterial:
    """A source of recordings and the models' cached answers."""

    model: Sound
    source: Any
    palette: Palette
    quick: bool = False
    seed: int = 0

    @property
    def vae(self) -> Any:
        """The model of frames."""
        return self.model.vae

    @property
    def known(self) -> SoundDescription:
        """Rate, channels, frames, and what was measured on held-out recordings."""
        return self.model.description_

    @cached_property
    def shape(self) -> ClipShape:
        """How recordings become rows of the model of whole recordings."""
        return ClipShape(self.known.rate, self.known.clip_frames, self.known.clip_bands)

    @cached_property
    def given(self) -> list[Recording]:
        """All recordings of the source, with names."""
        taken = take_sound(self.source, self.known.rate)
        if taken.missing is not None:
            raise InputError("A report on sound needs every sample, got missing ones (NaN): fill them by impute.")
        return [replace(each, name=each.name or f"recording {i + 1}") for i, each in enumerate(taken.recordings)]

    @cached_property
    def trained(self) -> NDArray[np.bool_]:
        """Which recordings trained the models, (recordings,)."""
        parts, owners = in_parts(self.given, self.known.part)
        seen = np.isin(self.model.clips.parts_of(self.shape.rows(parts)), SEEN)
        out = np.zeros(len(self.given), bool)
        out[np.asarray(owners)[seen]] = True
        return out

    @property
    def which(self) -> str:
        """The name of the evaluated recordings: "new", "held-out" or "training"."""
        return word_for_evaluated(self.trained)

    @cached_property
    def recordings(self) -> list[Recording]:
        """The evaluated recordings, the first ``SECONDS`` of each; chosen evenly."""
        some = np.flatnonzero(~self.trained) if not self.trained.all() else np.arange(len(self.given))
        most = MOST // (3 if self.quick else 1)
        some = some[np.unique(np.linspace(0, len(some) - 1, most).round().astype(int))]
        steps = int(SECONDS * self.known.rate)
        return [replace(self.given[i], samples=self.given[i].samples[:steps]) for i in some]

    @cached_property
    def detections(self) -> SoundDetections:
        """The answer of ``detect`` on the evaluated recordings."""
        return self.model.detect(self.recordings)

    @property
    def classes(self) -> list[Any]:
        """The classes of a conditional model, in their order; [] without."""
        condition = self.model.clips.schema_.condition
        if condition is None:
            return []
        points = [condition.point(i) for i in range(len(condition.weights))]
        return sorted((next(iter(point.values())) for point in points), key=str)

    @cached_property
    def training(self) -> ReportMaterial:
        """Frames of the evaluated recordings as rows, for the section on training."""
        samples = [each.by_channel for each in self.recordings]
        cut = residual_frames(samples, self.known.bits, self.known.frame)
        whole = cut.rows[cut.valid.all(1)] if cut.valid.all(1).any() else cut.rows
        return ReportMaterial(self.vae, as_rows(whole[:2000]), as_labels(None), self.palette, seed=self.seed)
