"""What a model of sound remembers of its recordings: rate, channels, frames, clips, and how gaps are filled."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_FRAME = 4_096


class GapFilling(BaseModel):
    """How gaps are filled, by the errors in gaps of held-out recordings.

    Parameters
    ----------
    order : of the autoregression of the steps around a gap.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    order: int = Field(default=80, ge=1, le=512)


class UsualDamage(BaseModel):
    """What damage looks like, by held-out recordings.

    Parameters
    ----------
    limit : surprise, in nats, from which on the model of frames suspects a step.
    peaks : how far the worst step of each held-out recording is from what its neighbours let expect, ascending, in
        standard deviations.
    longest_run : steps of a run of one value that one training recording of a hundred passes beside sound.
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
    part : seconds of the parts that stand for recordings, where there were few long ones; None: whole recordings.
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
    part: float | None = Field(default=None, gt=0, le=60)
    longest: float = Field(gt=0, le=86_400)
    gaps: GapFilling = GapFilling()
    damage: UsualDamage = UsualDamage()
