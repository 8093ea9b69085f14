"""Context decoder of series: p(cell | z, visible cells) from the window of steps around each step.

Like that of images (``grid.py``), it evaluates a window once for each step, so that a chain in time order takes one
evaluation a step, and all terms of complete series one pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from quintet.data.row_layout import Steps
from quintet.data.schema import Schema
from quintet.distributions.chain import Group, Known
from quintet.distributions.elementwise_mixture import ElementwiseMixture
from quintet.models.context.about_series import AboutSeries, doubt_of
from quintet.models.context.calendar_features import feature_count
from quintet.models.context.coded_series import CodedSeries
from quintet.models.context.decoder import ContextDecoder
from quintet.models.context.other_levels import drifting
from quintet.models.context.step_start import finest_step, least_squares, period_of, usual_difference
from quintet.models.context.step_terms import step_terms
from quintet.models.context.visible_series import VisibleSeries
from quintet.networks import Marginals
from quintet.networks.step_inputs import AboutSteps
from quintet.networks.step_network import StepNetwork
from quintet.networks.step_windows import HARMONICS, SeriesCells, StepWindows, taken
from quintet.noise import Noise

CONDITION = 16
"""Features of the condition."""
CELLS = 2**18
"""Cells of windows at a time: their features fit into the cache."""
MOST_WINDOW = 96
"""Most cells of a window on one side."""


@dataclass(frozen=True)
class StepSize:
    """Width and number of the residual blocks over a window, width of a channel's own layer, and steps on each side."""

    width: int = 96
    blocks: int = 2
    hidden: int = 32
    radius: int = 32


class StepContext(ContextDecoder):
    """The context decoder of series of real numbers.

    Parameters
    ----------
    schema : Schema of steps.
    latent_dim : int
    size : of the networks.
    """

    drifts: Tensor
    share = 4.0
    most_epochs = None
    batch_rows = 32
    reads_plain = True
    sees_noise = True

    def __init__(self, schema: Schema, latent_dim: int, size: StepSize | None = None) -> None:
        super().__init__()
        layout, size = schema.layout, size or StepSize()
        assert isinstance(layout, Steps)
        self.layout, self.latent_dim, self.calendar = layout, latent_dim, schema.calendar
        self.register_buffer("drifts", drifting(schema), persistent=False)
        features = CONDITION if schema.condition_dim else 0
        self.condition = nn.Linear(schema.condition_dim, features, bias=False) if features else None
        radius = max(2, min(size.radius, MOST_WINDOW // layout.channels, layout.steps - 1))
        others = features + 1 + 2 * HARMONICS + 1 + feature_count(self.calendar)
        parts = others, size.width, size.blocks, size.hidden
        self.in_order = StepNetwork(layout.channels, StepWindows(layout.steps, radius, both=False), *parts)
        self.from_known = StepNetwork(layout.channels, StepWindows(layout.steps, radius, both=True), *parts)

    @property
    def fixed_groups(self) -> tuple[Group, ...]:
        """Time order: step after step, channel after channel."""
        return tuple((cell,) for cell in range(self.layout.steps * self.layout.channels))

    def forward(
        self,
        x: Tensor,
        visible: Tensor,
        z: Tensor | None,
        condition: Tensor | None = None,
        has_z: Tensor | None = None,
    ) -> ElementwiseMixture:
        """p(x_i | z, all visible cells but i) of every cell, over (draws, batch, cells)."""
        cells, there = self.series(x, visible)
        channels = torch.ones(self.layout.channels, self.layout.channels, dtype=x.dtype, device=x.device)
        about = self.about(z, condition, has_z, visible)
        return self._every_cell(self.from_known, SeriesCells(cells, there, there), about, channels)

    def given_others(self, x: Tensor, visible: Tensor, condition: Tensor | None = None) -> ElementwiseMixture:
        """p(x_i | all other visible cells) of every cell without latents; x, visible (draws, batch, cells)."""
        found: ElementwiseMixture = self(x, visible, None, condition)
        return found

    def in_one_pass(
        self, x: Tensor, observed: Tensor, z: Tensor | None, condition: Tensor | None
    ) -> ElementwiseMixture:
        """p(x_i | z, observed cells before i in time order) of every cell, over (draws, batch, cells)."""
        x = x if x.ndim == 3 else x[None]
        cells, there = self.series(x, observed.expand_as(x))
        before = torch.ones(self.layout.channels, self.layout.channels, dtype=x.dtype, device=x.device).tril(-1)
        return self._every_cell(self.in_order, SeriesCells(cells, there, there), self.about(z, condition), before)

    def training_terms(
        self,
        x: Tensor,
        observed: Tensor,
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None,
        noise: Noise,
    ) -> Tensor:
        """Estimate of log p(observed cells | z) in nats, (batch,), from some steps with random visible cells."""
        return step_terms(self, x, observed, z, condition, has_z, noise)

    def begin(
        self, rows: Tensor, z: Tensor | None, condition: Tensor | None = None, known: Known | None = None
    ) -> VisibleSeries:
        """Series of which no cell is visible yet; rows (1 or draws, batch, cells)."""
        draws = len(rows) if z is None else max(len(rows), len(z))
        ahead = known is None or known.is_beginning
        network = self.in_order if ahead else self.from_known
        return VisibleSeries(self, network, self.about(z, condition), rows.new_zeros(draws, rows.shape[1]))

    def series(self, x: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
        """Flat rows (..., cells) and their visibility as series (..., steps, channels), hidden cells 0, and 0 or 1."""
        there = visible > 0
        shape = self.layout.steps, self.layout.channels
        cells = torch.where(there, x, 0.0)
        seen = there.to(x.dtype).expand(cells.shape)
        return cells.reshape(*cells.shape[:-1], *shape), seen.reshape(*cells.shape[:-1], *shape)

    def about(
        self,
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None = None,
        visible: Tensor | None = None,
    ) -> AboutSeries:
        """What z, (draws, batch, latents + cells) or None, and the condition say, or the places in the calendar,
        (batch, cycles); ``visible``: cells (draws, batch, cells) whose mean visibility says how noisy they are; None:
        exact."""
        like = self.in_order.usual
        hint, weight = like.new_zeros(1, 1, self.layout.steps, self.layout.channels), like.new_zeros(1, 1)
        if z is not None:
            hint = z[..., self.latent_dim :].to(like.dtype)
            hint = hint.reshape(*hint.shape[:2], self.layout.steps, self.layout.channels)
            weight = like.new_ones(z.shape[:2]) if has_z is None else has_z[..., 0].to(like.dtype)
        features = like.new_zeros(1, 1, 0)
        if self.condition is not None:
            features = like.new_zeros(1, 1, CONDITION)
            features = features if condition is None else self.condition(condition.to(like.dtype))[None]
        doubt = like.new_zeros(1, 1) if visible is None else doubt_of(visible, like.dtype)
        cycles = 0 if self.calendar is None else len(self.calendar.cycles)
        turns = like.new_full((1, 1, cycles), torch.nan)
        if cycles and condition is not None:
            turns = condition.to(like.dtype)[None]
        return AboutSeries(hint, weight, features, doubt, turns)

    def about_steps(self, about: AboutSeries, at: Tensor) -> AboutSteps:
        """What is known of steps ``at``, (1 or batch, count)."""
        return about.at_steps(at, self.in_order.windows, self.calendar)

    def _every_cell(
        self, network: StepNetwork, cells: SeriesCells, about: AboutSeries, others: Tensor
    ) -> ElementwiseMixture:
        """The distribution of every cell given the visible cells of its window and, of its own step, those of the
        channels (second) that the prediction of a channel (first) reads."""
        windows = network.linear.shape[1] * max(len(cells.x), len(about.weight)) * int(cells.x.shape[1])
        every = torch.arange(self.layout.steps, device=cells.x.device)[None]
        parts = []
        for at in torch.split(every, max(1, min(self.layout.steps, CELLS // windows)), 1):
            seen = network.seen(cells, at)
            features = network.features(seen, self.about_steps(about, at))
            own, there = taken(cells.x, at), taken(cells.earlier, at)
            visible = there.unsqueeze(-2) * others
            parts.append(network.distribution(features, seen, own, visible, 0, self.layout.channels))
        return ElementwiseMixture.joined(parts, lambda each: torch.cat(each, -2).flatten(-2))

    def coded(self) -> CodedSeries:
        """The network in time order, its hidden layers in fixed point."""
        return CodedSeries(self)

    def start_from(self, x: Tensor, observed: Tensor, weight: Tensor | None) -> None:
        """Find the period, scales and the finest difference, and begin linear predictions at least squares."""
        cells, there = self.series(x[None], observed[None])
        period, usual = period_of(cells[0], there[0]), usual_difference(cells[0], there[0])
        finest = finest_step(cells[0], there[0])
        for network in (self.in_order, self.from_known):
            network.windows.period.fill_(period)
            network.usual.copy_(usual)
            network.finest.copy_(finest)
            least_squares(network, SeriesCells(cells, there, there), earlier_alone=network is self.in_order)

    def start_at(self, marginals: Marginals) -> None:
        """Nothing: levels and scales are those of ``start_from``."""
