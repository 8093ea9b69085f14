"""Plots of a fitted model of sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quintet.arguments import Count, SoundLike
from quintet.data.sequences.sound.given import take_sound
from quintet.entry_points import public

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class SoundPlots:
    """The figures of a fitted ``Sound``; ``sound.plot`` makes it."""

    def __init__(self, sound: Any) -> None:
        self._sound = sound

    @public
    def spectrogram(self, X: SoundLike, *, rate: Count | None = None, damage: bool = True) -> Figure:
        """The mel spectrogram of the first recording of X, with marks where it is damaged.

        Parameters
        ----------
        rate : of arrays; None: the model's.
        damage : whether to look for clicks and dropouts.
        """
        from quintet.report.figures.spectrogram import spectrogram

        known = self._sound.description_
        first = take_sound(X, known.rate if rate is None else rate).recordings[0]
        intervals = self._sound.detect([first]).intervals[0] if damage else ()
        return spectrogram(first, intervals)
