"""What a model of sound remembers of its recordings: rate, channels, frames, clips, and how gaps are filled."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

LONGEST_FRAME = 4_096


class GapFilling(BaseModel):
    """How gaps are filled, by the errors in gaps of held-out recordings.

    Parameters
    ----------
    lengths : steps up to which a gap belongs to each class of lengths; longer ones belong to the last.
    weights : of the model's answer in each class; the rest is that of the autoregression of the steps around the gap.
    order : of the autoregression.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    lengths: tuple[int, ...] = (2, 8, 24, 64, 256)
    weights: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0)
    order: int = Field(default=80, ge=1, le=512)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Refuse weights that are no weights, or too few."""
        if len(self.weights) != len(self.lengths) or not all(0 <= weight <= 1 for weight in self.weights):
            raise ValueError("weights must be numbers from 0 to 1, one for each class of lengths")
        return self

    def weight(self, length: int) -> float:
        """Of the model's answer in a gap of ``length`` steps."""
        return next((w for w, most in zip(self.weights, self.lengths, strict=True) if length <= most), self.weights[-1])


class UsualDamage(BaseModel):
    """What damage looks like, by held-out recordings.

    Parameters
    ----------
    limit : surprise, in nats, from which on the model of frames suspects a step.
    peaks : how far the worst step of each held-out recording is from what its neighbours let expect, ascending, in
        standard deviations.
    longest_run : the longest run of one value within sound in the training recordings, in steps.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    limit: float = Field(default=8.0, gt=0)
    peaks: tuple[float, ...] = ()
    longest_run: int = Field(default=4, ge=1)


class SoundDescription(BaseModel):
    """A model of sound, as its file's header keeps it.

    Parameters
    ----------
    rate : samples a second.
    channels : 1 or 2.
    bits : of a sample in the training recordings.
    frame : samples of a frame.
    clip_frames, clip_bands : of a recording's mel spectrogram.
    longest : seconds of the longest training recording; new ones are no longer.
    gaps, damage : measured on held-out recordings.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: Literal["sound"] = "sound"
    rate: int = Field(ge=1, le=1_000_000)
    channels: int = Field(ge=1, le=2)
    bits: int = Field(default=16, ge=8, le=32)
    frame: int = Field(ge=32, le=LONGEST_FRAME)
    clip_frames: int = Field(ge=2, le=512)
    clip_bands: int = Field(ge=2, le=512)
    longest: float = Field(gt=0, le=86_400)
    gaps: GapFilling = GapFilling()
    damage: UsualDamage = UsualDamage()
