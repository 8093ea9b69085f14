"""What a context decoder of images knows beside the window of a pixel: latents, condition, cells beyond the window."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.chain import Known
from quintet.networks.neighbourhood import Neighbourhood
from quintet.networks.smooth_fill import smooth_fill
from quintet.networks.surroundings import Surroundings
from quintet.networks.window_network import NEAR_PIXELS, Hint, Window


@dataclass(frozen=True)
class KnownCells:
    """What cells that are visible from the start say of all pixels.

    Parameters
    ----------
    sums : (draws, batch, 2 · channels, places), sums over boxes of the visible cells relative to ``middle``, times
        their visibility, and of the visibility.
    middle : (channels,), in levels.
    fill : (draws, batch, channels, padded pixels), the smoothest surface through the visible cells.
    hidden : (draws, batch, pixels), 1 at pixels of which no channel is visible, else 0: there alone ``fill`` is read,
        since elsewhere it has seen the cell itself.
    drawn : (batch or 1,) of bool, whether a chain adds drawn cells, to which ``fill`` is blind.
    """

    sums: Tensor
    middle: Tensor
    fill: Tensor
    hidden: Tensor
    drawn: Tensor

    @classmethod
    def of(
        cls, known: Known, middle: Tensor, surroundings: Surroundings, neighbours: Neighbourhood, drawn: Tensor
    ) -> KnownCells:
        """What known cells, (draws, batch, *row), say."""
        visible = known.visible.to(known.x.dtype)
        middle = middle.to(known.x.dtype)
        around = torch.where(visible > 0, known.x - middle[:, None, None], 0.0)
        visible = visible.expand_as(around)
        hidden = (visible.amax(2) == 0).to(visible.dtype).flatten(2)
        fill = torch.zeros_like(around)
        if hidden.device.type != "cpu" or bool(hidden.any()):  # reading it would wait for the device
            fill = smooth_fill(around.flatten(0, 1), visible.flatten(0, 1)).reshape(around.shape)
        sums = surroundings.sums(torch.cat([around * visible, visible], 2))
        return cls(sums, middle, neighbours.padded(fill + middle[:, None, None]), hidden, drawn)


@dataclass(frozen=True)
class AboutImages:
    """What is known of images.

    Parameters
    ----------
    condition : (1, batch or 1, features).
    hint : (draws, batch, channels, padded pixels), the plain decoder's means given z; None: z is hidden.
    weight : (draws, batch), 0 where z is hidden, else 1.
    known : cells that are visible from the start; None: no cell is, a chain adds all of them in raster order.
    """

    condition: Tensor
    hint: Tensor | None
    weight: Tensor
    known: KnownCells | None

    def hints(self, neighbours: Neighbourhood, pixels: Tensor) -> Hint | None:
        """The hint at and around pixels, (pixels,) or (batch, pixels)."""
        if self.hint is None:
            return None
        return Hint(_near(neighbours, self.hint, pixels), self.weight[..., None, None, None])

    def fills(self, neighbours: Neighbourhood, pixels: Tensor) -> Hint | None:
        """The smoothest surface at and around pixels, (pixels,) or (batch, pixels)."""
        if self.known is None:
            return None
        return Hint(_near(neighbours, self.known.fill, pixels), self._hidden(pixels)[:, :, None, :, None])

    def base(self, found: Tensor, neighbours: Neighbourhood, pixels: Tensor) -> Tensor:
        """The surface that ``fills`` has in place of a window's own base, (draws, batch, channels, pixels), at hidden
        pixels around which nothing has been drawn."""
        if self.known is None:
            return found
        fill = _near(neighbours, self.known.fill, pixels)[..., NEAR_PIXELS // 2]
        use = (self._hidden(pixels) > 0) & ~self.known.drawn[:, None]
        return torch.where(use[:, :, None], fill, found)

    def boxes(self, surroundings: Surroundings, pixels: Tensor) -> Window | None:
        """Means and visible shares of the boxes around pixels, (pixels,) or (batch, pixels)."""
        if self.known is None:
            return None
        sums, seen = surroundings.around(self.known.sums, pixels).chunk(2, 2)
        means = sums / seen.clamp(min=1e-2) + self.known.middle[:, None, None]
        return Window(means, seen / surroundings.side.square())

    def others(self, neighbours: Neighbourhood, pixels: Tensor) -> Tensor:
        """Further features (draws or 1, batch or 1, pixels, features) of pixels, (pixels,) or (batch, pixels): whether
        z is known, the condition, the place."""
        place = neighbours.position[pixels].to(self.condition.dtype)
        place = place[None] if pixels.ndim == 2 else place[None, None]
        draws, batch = (max(t.shape[i] for t in (self.weight, self.condition, place)) for i in (0, 1))
        rows = [self.weight[..., None].expand(draws, batch, 1), self.condition.expand(draws, batch, -1)]
        wide = [t[:, :, None].expand(-1, -1, place.shape[2], -1) for t in rows]
        return torch.cat([*wide, place.expand(draws, batch, -1, -1)], -1)

    def _hidden(self, pixels: Tensor) -> Tensor:
        """1 at hidden pixels, (draws, batch, pixels)."""
        assert self.known is not None
        hidden = self.known.hidden
        return hidden[..., pixels] if pixels.ndim == 1 else hidden.gather(2, pixels.expand(len(hidden), -1, -1))


def _near(neighbours: Neighbourhood, padded: Tensor, pixels: Tensor) -> Tensor:
    """The pixels at and around pixels, (draws, batch, channels, pixels, NEAR_PIXELS)."""
    if pixels.ndim == 1:
        return neighbours.around(padded, pixels, near=True)
    return neighbours.around_own(padded[0], pixels, near=True)[None]
