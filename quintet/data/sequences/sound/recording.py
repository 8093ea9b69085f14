"""A recording: its samples, and what a file says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.errors import InputError

Array = np.ndarray[Any, Any]
RATES = (8_000, 48_000)
"""Least and largest number of samples a second."""
CHANNELS = (1, 2)
BITS = (8, 16, 24, 32)
LONGEST = 1 << 28
"""Most samples of one recording and channel: an hour and a half at 48 kHz."""


@dataclass(frozen=True)
class Recording:
    """Samples of a recording.

    Parameters
    ----------
    samples : (steps,) or (steps, 2) of int16 for up to 16 bits, of int32 for more; silence is 0.
    rate : samples a second (Hz).
    bits : of a sample in its file: 8, 16, 24 or 32.
    name : of its file, relative to its folder; "" without one.
    """

    samples: Array
    rate: int
    bits: int = 16
    name: str = ""

    @property
    def steps(self) -> int:
        """Number of samples of a channel."""
        return len(self.samples)

    @property
    def channels(self) -> int:
        """1 for mono, 2 for stereo."""
        return 1 if self.samples.ndim == 1 else int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        """Duration."""
        return self.steps / self.rate

    @property
    def by_channel(self) -> Array:
        """(steps, channels), a view."""
        return self.samples.reshape(self.steps, self.channels)


def refuse_rate(rate: int, whose: str, error: type[Exception] = InputError) -> None:
    """Refuse a sampling rate outside ``RATES``."""
    if not RATES[0] <= rate <= RATES[1]:
        raise error(f"{whose} must have {RATES[0]:,} to {RATES[1]:,} samples a second, got {rate:,}: resample it.")
