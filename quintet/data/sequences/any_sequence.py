"""The descriptions of sequences that a model's file can keep."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class SequenceDescription(BaseModel):
    """What the rows of a model were cut from: the base of one description for each kind of sequence."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: str


AnySequence = SequenceDescription
