"""The descriptions of sequences that a model's file can keep: one for each kind of sequence, told apart by ``type``."""

from __future__ import annotations

from quintet.data.sequences.series.description import SeriesDescription

AnySequence = SeriesDescription
