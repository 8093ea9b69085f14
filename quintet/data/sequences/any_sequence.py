"""The descriptions of sequences that a model's file can keep: one for each kind of sequence, told apart by ``type``."""

from __future__ import annotations

from quintet.data.sequences.sound.description import SoundDescription

AnySequence = SoundDescription
"""Of several kinds a union that ``type`` tells apart."""
