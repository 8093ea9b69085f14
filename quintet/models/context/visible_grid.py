"""The visible cells of some images, to which a chain adds group after group."""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor

from quintet.data.row_layout import Grid
from quintet.distributions import DiscretizedLogisticMixture
from quintet.distributions.chain import Group, Known
from quintet.networks.neighbourhood import Neighbourhood
from quintet.networks.window_network import Window, WindowNetwork


class GridDecoder(Protocol):
    """A decoder that predicts a pixel from its window."""

    layout: Grid
    levels: int
    neighbours: Neighbourhood

    def about(
        self,
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None = None,
        known: Known | None = None,
        drawn: Tensor | None = None,
        /,
    ) -> Any:
        """What z, the condition and cells that are known from the start say of images."""

    def network(self, about: Any, /) -> WindowNetwork:
        """The network of the windows."""

    def base(self, window: Window, about: Any, pixels: Tensor, /) -> Tensor:
        """The level to which predictions of pixels are relative, (draws, batch, channels, pixels)."""

    def features(self, window: Window, base: Tensor, about: Any, pixels: Tensor, /) -> Tensor:
        """Features of the windows of pixels that all rows share, (draws, batch, pixels, features)."""


class VisibleGrid:
    """Padded planes of values and visibility; the features of a wave's pixels serve all of their channels.

    Parameters
    ----------
    decoder : of the images.
    about : what z and the condition say.
    like : (draws, batch), of the dtype and device of the cells.
    """

    def __init__(self, decoder: GridDecoder, about: Any, like: Tensor) -> None:
        self.decoder, self.about = decoder, about
        layout, neighbours = decoder.layout, decoder.neighbours
        self.plane = layout.height * layout.width
        shape = (*like.shape, layout.channels, neighbours.padded_pixels)
        self.x, self.visible = (torch.zeros(shape, dtype=like.dtype, device=like.device) for _ in range(2))
        self._pixels: tuple[int, ...] = ()
        self._features: tuple[Tensor, Tensor] | None = None

    def conditional(self, cells: Group) -> DiscretizedLogisticMixture:
        """p(x_i | z, visible cells) of some cells, over (draws, batch, cells)."""
        by_channel: dict[int, list[int]] = {}
        for place, cell in enumerate(cells):
            by_channel.setdefault(cell // self.plane, []).append(place)
        parts, order = [], []
        for channel, places in by_channel.items():
            parts.append(self._of(channel, tuple(cells[place] % self.plane for place in places)))
            order += places
        found = DiscretizedLogisticMixture.joined(parts, partial(torch.cat, dim=-1))
        return found if order == sorted(order) else found.select((..., torch.tensor(order).argsort()))

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        """Make some cells visible, each once, where ``visible`` is above 0; x, visible (1 or draws, batch, cells)."""
        cell = torch.tensor(cells, device=x.device)
        channel, pixel = cell // self.plane, cell % self.plane
        place = self.decoder.neighbours.padded_place[pixel]
        seen = visible > 0  # others stay as they are: cells known from the start are passed by the chain as well
        self.x[:, :, channel, place] = torch.where(seen, x.to(self.x), self.x[:, :, channel, place])
        self.visible[:, :, channel, place] = torch.where(
            seen, visible.to(self.visible), self.visible[:, :, channel, place]
        )
        if self._features is not None and not self._still_hold(tuple(pixel.tolist())):
            self._features = None

    def _of(self, channel: int, pixels: tuple[int, ...]) -> DiscretizedLogisticMixture:
        """The distribution of one channel of some pixels."""
        network, index = self.decoder.network(self.about), torch.tensor(pixels, device=self.x.device)
        if self._features is None or self._pixels != pixels:
            around = self.decoder.neighbours.around
            window = Window(around(self.x, index), around(self.visible, index))
            base = self.decoder.base(window, self.about, index)
            self._features = self.decoder.features(window, base, self.about, index), base
            self._pixels = pixels
        features, base = self._features
        place = self.decoder.neighbours.padded_place[index]
        return network.distribution(channel, features, base, self.x[..., place], self.visible[..., place])

    def _still_hold(self, revealed: tuple[int, ...]) -> bool:
        """Whether no window of the last pixels has a cell that was revealed; a pixel's own cells are not in it."""
        width, radius = self.decoder.layout.width, self.decoder.neighbours.radius
        return not any(
            0 < max(abs(a // width - b // width), abs(a % width - b % width)) <= radius
            for a in self._pixels
            for b in revealed
        )
