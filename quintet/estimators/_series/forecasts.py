"""The answer of ``Series.forecast``: the mean, quantiles and draws of future steps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.result_table import to_frame


@dataclass(frozen=True, repr=False)
class Forecast:
    """Future steps of one series, or lists of them for several.

    ``mean`` (steps, channels); ``quantiles`` (levels, steps, channels), the quantiles ``levels`` of each step alone;
    ``draws`` (draws, steps, channels), whole futures, empty unless asked for; ``times`` (steps,), the time stamps;
    ``table``, mean and quantiles in the form of the source: a frame with the time stamps and, for each channel, a
    column NAME of the mean and NAME_qLEVEL of each quantile. ``shares`` are channels whose mean is the probability of a
    level of text, and which have no quantiles in frames.
    """

    mean: Any
    quantiles: Any
    draws: Any
    times: Any
    table: Any
    levels: tuple[float, ...]
    channels: tuple[str, ...]
    names: tuple[Any, ...] = ()
    many: bool = False
    shares: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """The steps and the levels in a line."""
        mean = self._each("mean")
        levels = ", ".join(f"{level:g}" for level in self.levels)
        parts = [(len(mean[0]), "step"), (len(mean), "series"), (len(self.channels), "channel")]
        words = ", ".join(f"{n} {word}{'s' if n > 1 and word != 'series' else ''}" for n, word in parts)
        return f"Forecast of {words}; quantiles {levels or 'none'}"

    def to_frame(self, library: str | None = None) -> Any:
        """A frame: time, series where there are several, and for each channel its mean and quantiles.

        Parameters
        ----------
        library : "pandas" or "polars"; None: pandas if it is installed, else Polars.
        """
        names, parts = columns_of(self.channels, self.levels, self._each("mean"), self._each("quantiles"), self.shares)
        columns: dict[str, Any] = {"time": np.concatenate(self._each("times"))}
        if len(parts) > 1:
            labels: Sequence[Any] = self.names or range(len(parts))
            columns["series"] = [label for label, own in zip(labels, parts, strict=True) for _ in range(len(own))]
        whole = np.concatenate(parts)
        return to_frame(columns | {name: whole[:, j] for j, name in enumerate(names)}, library)

    def _each(self, field: str) -> list[Array]:
        found = getattr(self, field)
        return list(found) if self.many else [found]


def columns_of(
    channels: Sequence[str],
    levels: Sequence[float],
    mean: Sequence[Array],
    bands: Sequence[Array],
    shares: Collection[str] = (),
) -> tuple[list[str], list[Array]]:
    """Names of a forecast's columns, and their values (steps, columns) for each series: the channel's mean, then its
    quantiles, which the channels ``shares`` lack."""
    names = [column for name in channels for column in (name, *(f"{name}_q{level:g}" for level in levels))]
    kept = [
        j for j, _ in enumerate(names) if not (channels[j // (1 + len(levels))] in shares and j % (1 + len(levels)))
    ]
    parts = []
    for own, quantiles in zip(mean, bands, strict=True):
        whole = np.concatenate([own[None], quantiles])  # (1 + levels, steps, channels)
        parts.append(np.moveaxis(whole, 0, -1).reshape(len(own), -1)[:, kept])
    return [names[j] for j in kept], parts
