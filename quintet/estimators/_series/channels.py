"""Channels of the user's data and those of the model, which leaves out what never changed in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.sequences.series.description import SeriesDescription


@dataclass(frozen=True)
class Channels:
    """The channels of a description."""

    description: SeriesDescription

    def expanded(self, values: Array, own: Array | None = None) -> Array:
        """Values (steps, modelled channels) with the channels that the model leaves out, (steps, channels).

        Those of the levels of a column of text are shares, which sum to one.

        Parameters
        ----------
        own : (steps, channels) the user's cells; None: channels that the model leaves out have their one value.
        """
        out = np.empty((len(values), len(self.description.channels)))
        for j, channel in enumerate(self.description.channels):
            if channel.constant is not None:
                out[:, j] = (
                    channel.constant if own is None else np.where(np.isnan(own[:, j]), channel.constant, own[:, j])
                )
        out[:, list(self.description.modelled)] = values
        for places in self._levels():
            shares = out[:, places].clip(0.0, 1.0)
            total = shares.sum(1, keepdims=True)
            out[:, places] = shares / np.where(total > 0, total, 1.0)
        return out

    def deviating(self, own: Array) -> Array:
        """Where the user's cells (steps, channels) differ from the one value that a channel had in training, or have a
        level of text that training lacked."""
        out = np.zeros(own.shape, dtype=bool)
        for j, channel in enumerate(self.description.channels):
            if channel.constant is not None:
                out[:, j] = ~np.isnan(own[:, j]) & (own[:, j] != channel.constant)
        for places in self._levels():
            out[:, places] |= (own[:, places] == 0).all(1, keepdims=True)
        return out

    def _levels(self) -> list[list[int]]:
        """Places of the channels of each column of text."""
        names = [channel.name for channel in self.description.channels]
        return [[names.index(name) for name in each.category.channels] for each in self.description.categories]
