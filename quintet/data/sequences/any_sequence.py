"""The descriptions of sequences that a model's file can keep."""

from __future__ import annotations

from quintet.data.sequences.text.description import TextDescription

AnySequence = TextDescription
"""Of several kinds a union that ``type`` tells apart."""
