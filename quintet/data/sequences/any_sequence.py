"""The descriptions of sequences that a model's file can keep: one for each kind of sequence, which ``type`` names."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.sound.description import SoundDescription
from quintet.data.sequences.text.description import TextDescription

AnySequence = Annotated[SeriesDescription | SoundDescription | TextDescription, Field(discriminator="type")]
