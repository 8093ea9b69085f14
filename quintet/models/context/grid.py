"""Context decoder of images: p(cell | z, visible cells) from the window around each pixel.

Pixels are predicted from a window of neighbours, so that a chain in raster order evaluates the network once for each
pixel, and all terms of complete images in one pass. Rows share the network of PixelCNN++ (Salimans et al., 2017) in
spirit: mixtures of discretised logistics about a mean of neighbours, channels one after another; with any set of
visible cells (Uria, Murray and Larochelle, 2014) and with latents (PixelVAE, Gulrajani et al., 2017).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from quintet.data.row_layout import Grid
from quintet.data.schema import Schema
from quintet.distributions import DiscretizedLogisticMixture
from quintet.distributions.chain import Group, Known
from quintet.models.context.about_images import AboutImages, KnownCells
from quintet.models.context.decoder import ContextDecoder
from quintet.models.context.every_cell import every_cell
from quintet.models.context.pixel_terms import pixel_terms
from quintet.models.context.visible_grid import VisibleGrid
from quintet.networks import Marginals
from quintet.networks.neighbourhood import Neighbourhood
from quintet.networks.surroundings import Surroundings
from quintet.networks.window_network import Window, WindowNetwork
from quintet.noise import Noise

RADIUS = {1: 4, 2: 3, 3: 3, 4: 3}
"""Rows and columns around a pixel, by the number of channels."""
CONDITION = 16
"""Features of the condition."""


@dataclass(frozen=True)
class Size:
    """Width and number of the residual blocks over a window, and width of a channel's own layer."""

    width: int = 96
    blocks: int = 1
    hidden: int = 32


class GridContext(ContextDecoder):
    """The context decoder of images of whole-numbered cells.

    Parameters
    ----------
    schema : Schema of a grid with levels.
    latent_dim : int
    size : of the network.
    """

    share = 4.0
    most_epochs = None
    batch_rows = 16
    reads_plain = True
    sees_noise = True

    def __init__(self, schema: Schema, latent_dim: int, size: Size | None = None) -> None:
        super().__init__()
        layout = schema.layout
        assert isinstance(layout, Grid)
        self.layout, self.levels = layout, schema.support.levels
        self.neighbours = Neighbourhood(layout.height, layout.width, RADIUS.get(layout.channels, 2))
        self.latent_dim = latent_dim
        features = CONDITION if schema.condition_dim else 0
        self.condition = nn.Linear(schema.condition_dim, features, bias=False) if features else None
        size = size or Size()
        parts = size.width, size.blocks, size.hidden
        self.surroundings = Surroundings(layout.height, layout.width, self.neighbours.radius)
        cells = layout.channels, self.levels, self.neighbours
        self.in_raster_order = WindowNetwork(*cells, 0, features + 3, *parts)
        self.from_known_cells = WindowNetwork(*cells, len(self.surroundings), features + 3, *parts)

    def network(self, about: AboutImages) -> WindowNetwork:
        """The network of a chain through complete images, or that of images of which some cells are known."""
        return self.in_raster_order if about.known is None else self.from_known_cells

    @property
    def fixed_groups(self) -> tuple[Group, ...]:
        """Raster order, of which a wave of pixels is evaluated at a time, channel after channel."""
        plane = self.layout.height * self.layout.width
        return tuple(
            tuple(channel * plane + pixel for pixel in wave)
            for wave in self.neighbours.waves()
            for channel in range(self.layout.channels)
        )

    def forward(
        self,
        x: Tensor,
        visible: Tensor,
        z: Tensor | None,
        condition: Tensor | None = None,
        has_z: Tensor | None = None,
    ) -> DiscretizedLogisticMixture:
        """p(x_i | z, all visible cells but i) of every cell, over (draws, batch, channels, height, width).

        Cells of a visibility v between 0 and 1 are seen through normal noise of a standard deviation of
        (1 - v) · 0.6 times their range.
        """
        others = torch.ones(self.layout.channels, self.layout.channels, dtype=torch.float32, device=x.device)
        about = self.about(z, condition, has_z, Known(x, visible))
        return every_cell(self, x, visible, about, others, earlier_alone=False)

    def given_others(self, x: Tensor, visible: Tensor, condition: Tensor | None = None) -> DiscretizedLogisticMixture:
        """p(x_i | all other visible cells) of every cell without latents; x, visible (draws, batch, *row)."""
        found: DiscretizedLogisticMixture = self(x, visible, None, condition)
        return found

    def in_one_pass(
        self, x: Tensor, observed: Tensor, z: Tensor | None, condition: Tensor | None
    ) -> DiscretizedLogisticMixture:
        """p(x_i | z, observed cells before i in raster order) of every cell, over (draws, batch, *row)."""
        before = torch.ones(self.layout.channels, self.layout.channels, dtype=torch.float32, device=x.device).tril(-1)
        x = x if x.ndim == 5 else x[None]
        return every_cell(self, x, observed.expand_as(x), self.about(z, condition), before, earlier_alone=True)

    def training_terms(
        self,
        x: Tensor,
        observed: Tensor,
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None,
        noise: Noise,
    ) -> Tensor:
        """Estimate of log p(observed cells | z) in nats, (batch,), from some pixels with random visible cells."""
        return pixel_terms(self, x, observed, z, condition, has_z, noise)

    def begin(
        self, rows: Tensor, z: Tensor | None, condition: Tensor | None = None, known: Known | None = None
    ) -> VisibleGrid:
        """Images of which no cell is visible yet; rows (1 or draws, batch, *row)."""
        draws = len(rows) if z is None else max(len(rows), len(z))
        about = self.about(z, condition, None, known, torch.ones(1, dtype=torch.bool, device=rows.device))
        return VisibleGrid(self, about, rows.new_zeros(draws, rows.shape[1]))

    def about(
        self,
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None = None,
        known: Known | None = None,
        drawn: Tensor | None = None,
    ) -> AboutImages:
        """What z, (draws, batch, latents + cells) or None, the condition and cells known from the start say; ``drawn``:
        (batch or 1,) of bool, rows to which a chain adds cells."""
        like = self.in_raster_order.middle
        hint, weight = None, like.new_zeros(1, 1)
        if z is not None:
            shape = self.layout.channels, self.layout.height, self.layout.width
            planes = z[..., self.latent_dim :].reshape(*z.shape[:2], *shape)
            hint = self.neighbours.padded(planes.to(like.dtype))
            weight = like.new_ones(z.shape[:2]) if has_z is None else has_z[..., 0].to(like.dtype)
        features = like.new_zeros(1, 1, 0)
        if self.condition is not None:
            features = like.new_zeros(1, 1, CONDITION)
            features = features if condition is None else self.condition(condition.to(like.dtype))[None].to(like.dtype)
        cells = None
        if known is not None:
            drawn = torch.zeros(1, dtype=torch.bool, device=like.device) if drawn is None else drawn
            cells = KnownCells.of(known, like, self.surroundings, self.neighbours, drawn)
        return AboutImages(features, hint, weight, cells)

    def base(self, window: Window, about: AboutImages, pixels: Tensor) -> Tensor:
        """The level to which predictions of pixels are relative, (draws, batch, channels, pixels)."""
        return about.base(self.network(about).base(window), self.neighbours, pixels)

    def features(self, window: Window, base: Tensor, about: AboutImages, pixels: Tensor) -> Tensor:
        """Features of the windows of pixels (pixels,), or (batch, pixels): others in each row; (draws, batch, pixels,
        features)."""
        hint, fill = about.hints(self.neighbours, pixels), about.fills(self.neighbours, pixels)
        boxes, others = about.boxes(self.surroundings, pixels), about.others(self.neighbours, pixels)
        return self.network(about).features(window, base, others, hint, fill, boxes)

    def like(self, stored: Collection[str]) -> None:
        """Adopt the architecture of a stored decoder, given the names of its weights, before they are loaded."""
        for part in ("in_raster_order", "from_known_cells"):
            own = {name.removeprefix(f"{part}.") for name in stored if name.startswith(f"{part}.")}
            network: WindowNetwork = getattr(self, part)
            network.like(own, self.neighbours)

    def start_from(self, x: Tensor, observed: Tensor, weight: Tensor | None) -> None:
        """Begin what channels say of each other at their regression over some images."""
        self.from_known_cells.start_from(x, observed)

    @torch.no_grad()
    def start_at(self, marginals: Marginals) -> None:
        """Set the level of pixels without visible neighbours to the mean of training."""
        pooled = marginals.centre().flatten(1).mean(1)
        for network in (self.in_raster_order, self.from_known_cells):
            network.middle.copy_(pooled.to(network.middle))
