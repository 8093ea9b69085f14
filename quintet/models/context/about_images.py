"""What a context decoder of images knows beside the window of a pixel: latents, condition, cells beyond the window."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.chain import Known
from quintet.networks.neighbourhood import Neighbourhood
from quintet.networks.surroundings import Surroundings
from quintet.networks.window_network import Hint, Window


@dataclass(frozen=True)
class AboutImages:
    """What is known of images.

    Parameters
    ----------
    condition : (1, batch or 1, features).
    hint : (draws, batch, channels, padded pixels), the plain decoder's means given z; None: z is hidden.
    weight : (draws, batch), 0 where z is hidden, else 1.
    beyond : (draws, batch, 2 · channels, cells), cumulative sums of the cells that are visible from the start relative
        to ``middle``, times their visibility, and of the visibility; None: no cell is.
    middle : (channels,), in levels.
    """

    condition: Tensor
    hint: Tensor | None
    weight: Tensor
    beyond: Tensor | None
    middle: Tensor

    def hints(self, neighbours: Neighbourhood, pixels: Tensor) -> Hint | None:
        """The hint at and around pixels, (pixels,) or (batch, pixels)."""
        if self.hint is None:
            return None
        if pixels.ndim == 1:
            return Hint(neighbours.around(self.hint, pixels, near=True), self.weight)
        return Hint(neighbours.around_own(self.hint[0], pixels, near=True)[None], self.weight)

    def boxes(self, surroundings: Surroundings, pixels: Tensor) -> Window | None:
        """Means and visible shares of the boxes around pixels, (pixels,) or (batch, pixels)."""
        if self.beyond is None:
            return None
        sums, seen = surroundings.around(self.beyond, pixels).chunk(2, 2)
        return Window(sums / seen.clamp(min=1e-2) + self.middle[:, None, None], seen / surroundings.side.square())

    def others(self, neighbours: Neighbourhood, pixels: Tensor) -> Tensor:
        """Further features (draws or 1, batch or 1, pixels, features) of pixels, (pixels,) or (batch, pixels): whether
        z is known, the condition, the place."""
        place = neighbours.position[pixels].to(self.condition.dtype)
        place = place[None] if pixels.ndim == 2 else place[None, None]
        draws, batch = (max(t.shape[i] for t in (self.weight, self.condition, place)) for i in (0, 1))
        rows = [self.weight[..., None].expand(draws, batch, 1), self.condition.expand(draws, batch, -1)]
        wide = [t[:, :, None].expand(-1, -1, place.shape[2], -1) for t in rows]
        return torch.cat([*wide, place.expand(draws, batch, -1, -1)], -1)


def beyond(surroundings: Surroundings, known: Known, middle: Tensor) -> Tensor:
    """Cumulative sums of known cells, (draws, batch, 2 · channels, cells), as ``AboutImages`` has them."""
    visible = known.visible.to(known.x.dtype)
    seen = torch.where(visible > 0, visible * (known.x - middle.to(known.x.dtype)[:, None, None]), 0.0)
    return surroundings.cumulative(torch.cat([seen, visible.expand_as(seen)], 2))
