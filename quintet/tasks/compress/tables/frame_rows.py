"""A frame with the length and the slices of an array, so that tables are cut into blocks as arrays are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quintet.data.plain.libraries import library_of
from quintet.errors import InputError


@dataclass(frozen=True)
class FrameRows:
    """The rows of a frame."""

    frame: Any

    def __len__(self) -> int:
        return library_of(self.frame).rows(self.frame)

    def __getitem__(self, rows: slice) -> FrameRows:
        return FrameRows(library_of(self.frame).take(self.frame, rows))

    def same_type(self, first: FrameRows) -> None:
        """Refuse rows whose columns are not those of the first ones."""
        own, other = library_of(self.frame), library_of(first.frame)
        if own is not other:
            raise InputError(f"Batches must be frames of one library, got {own.name} after {other.name}: convert them.")
        here, there = own.types(self.frame), own.types(first.frame)
        if here != there and len(self) and len(first):
            odd = next((a for a, b in zip(here, there, strict=False) if a != b), here)
            raise InputError(
                f"Batches must have the same columns in the same order and of the same types, got {odd!r}: convert "
                "them, or write another file."
            )

    @staticmethod
    def joined(parts: Sequence[FrameRows]) -> FrameRows:
        """The parts one below the other."""
        frames = [part.frame for part in parts]
        return FrameRows(library_of(frames[0]).concatenated(frames))
