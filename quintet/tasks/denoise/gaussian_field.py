"""Gaussian field over the cells of a row: linear prediction of each cell from neighbouring cells.

Image cells are predicted from a window in all channels with one stationary covariance, table cells from all other
columns. A prediction never reads the cell itself, so that its residual estimates the error without the clean row
(Batson and Royer, Noise2Self, 2019). For noise of variance v on every cell the weights come from (covariance + v I)⁻¹:
the linear optimum, Wiener's filter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from quintet.artifacts.denoising import GaussianField
from quintet.data.schema import Schema
from quintet.inference.copula import cavities

RADIUS = 2
"""Largest radius of a window, in cells."""
LARGEST = 512
"""Most cells with a joint covariance."""
FEWEST = 20
"""Fewest rows to estimate a covariance from."""
RIDGE = 1e-3
"""Smallest share of a cell's variance that other cells do not predict."""
SWEEPS = 6
"""Richardson iterations that fill untrusted cells, per update of trust."""
FREQUENCIES = 9
"""Frequencies per axis at which the eigenvalues of the iteration are evaluated."""


@dataclass(frozen=True)
class Field:
    """Means, spreads, correlation and residual tails of a row's cells; see ``fit_gaussian_field``.

    ``correlation``: of the cells of a window, channel by channel, or of a row. ``tail`` (channels or cells, 3):
    constant and slope of the residual scale in the surrounding residuals, and the degrees of freedom of Student's t.
    """

    mean: Tensor
    spread: Tensor
    correlation: Tensor
    tail: Tensor
    shape: tuple[int, ...]
    step: float  # distance between adjacent values; 0 for continuous cells

    @classmethod
    def read(cls, kept: GaussianField | None, schema: Schema) -> Field | None:
        """Build from the stored artifact; None for a model without one."""
        if kept is None:
            return None
        mean, spread, correlation, tail = (t.float() for t in (kept.mean, kept.spread, kept.correlation, kept.tail))
        return cls(mean, spread, correlation, tail, schema.shape, 1.0 if schema.is_whole else 0.0)

    @property
    def covariance(self) -> Tensor:
        """Covariance of the cells of a window or a row, float64, with a ridge."""
        spread = self.spread.double().repeat_interleave(len(self.correlation) // len(self.spread))
        own = spread.square() * RIDGE + self.step**2 / 12 + 1e-9
        return self.correlation.double() * spread[:, None] * spread + torch.diag(own)

    @property
    def radius(self) -> int:
        """Radius of the window; 0: each cell is predicted from the whole row."""
        return radius_of(self.shape)

    def to(self, device: torch.device) -> Field:
        """The field on a device."""
        mean, spread, correlation, tail = (t.to(device) for t in (self.mean, self.spread, self.correlation, self.tail))
        return Field(mean, spread, correlation, tail, self.shape, self.step)

    def like_cells(self, per_channel: Tensor) -> Tensor:
        """Reshape (channels,) or (cells,) to broadcast against (n, *row)."""
        shape = (-1, *[1] * (len(self.shape) - 1)) if self.radius else self.shape
        return per_channel.reshape(1, *shape)

    def kernel(self, variance: float) -> tuple[Tensor, Tensor]:
        """Prediction weights under noise of this variance on every cell, and the variance of the prediction error.

        Returns
        -------
        weight : (channels, channels, side, side) or (cells, cells), 0 for the cell itself.
        left : (channels,) or (cells,), without the variance of the cell's own noise.
        """
        covariance = self.covariance
        precision = torch.linalg.inv(covariance + variance * torch.eye(len(covariance), dtype=covariance.dtype))
        centre = self._centres()
        weight = -precision[centre] / precision[centre, centre][:, None]
        weight[torch.arange(len(centre)), centre] = 0.0
        left = (1 / precision[centre, centre] - variance).clamp(min=1e-9)
        if self.radius:
            side, channels = 2 * self.radius + 1, len(centre)
            weight = weight.reshape(channels, channels, side, side)
        return weight.float().to(self.mean.device), left.float().to(self.mean.device)

    def predicted(self, x: Tensor, weight: Tensor) -> Tensor:
        """Prediction of each cell from the others, (n, *row)."""
        mean = self.like_cells(self.mean)
        if not self.radius:
            return mean + ((x - mean).flatten(1) @ weight.T).reshape(x.shape)
        return mean + conv2d(with_border(x - mean, self.radius), weight)

    def smoothed(self, x: Tensor, trust: Tensor, start: Tensor, kernel: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Prediction of each cell and its variance under partial trust, (n, *row) each.

        Parameters
        ----------
        trust : (n, *row) in 0..1; cells of trust 0 are not read.
        start : initial prediction.
        """
        if not self.radius:
            return self._by_row(x, trust)
        weight, left = kernel
        found, spare, step = start, self.like_cells(left), self._step(weight)
        doubt = with_border(1 - trust, self.radius)
        for _ in range(SWEEPS):  # Richardson iteration
            found = torch.lerp(found, self.predicted(trust * x + (1 - trust) * found, weight), step)
        found = self.predicted(trust * x + (1 - trust) * found, weight)
        extra = conv2d(doubt * with_border(spare.expand_as(x), self.radius), weight.square())
        return found, spare + extra

    def activity(self, residual: Tensor, trust: Tensor) -> Tensor:
        """Trust-weighted mean absolute residual around each cell, without its own, (n, *row)."""
        if not self.radius:
            return torch.zeros_like(residual)
        channels, side = self.shape[0], 2 * self.radius + 1
        ones = residual.new_ones(channels, channels, side, side)
        ones[range(channels), range(channels), self.radius, self.radius] = 0.0
        size = conv2d(with_border(trust * residual.abs(), self.radius, edge=False), ones)
        return size / conv2d(with_border(trust, self.radius, edge=False), ones).clamp(min=0.1)

    def scale(self, residual: Tensor, trust: Tensor, variance: Tensor) -> Tensor:
        """Student's t scale of each residual, (n, *row); ``variance``: that of the predictions."""
        constant, slope = self.like_cells(self.tail[:, 0]), self.like_cells(self.tail[:, 1])
        if not self.radius:
            return constant * variance.sqrt()
        wider = (variance / variance.flatten(2).amin(2).reshape(*variance.shape[:2], 1, 1)).sqrt()
        return ((constant + slope * self.activity(residual, trust)) * wider).clamp(min=0.35 * self.step)

    def log_prob(self, residual: Tensor, scale: Tensor) -> Tensor:
        """Log density of each residual; at most 0 for integer cells, whose probability is a mass."""
        found = student_log_prob(residual, scale, self.like_cells(self.tail[:, 2]))
        return found.clamp(max=0.0) if self.step else found

    def _step(self, weight: Tensor) -> float:
        """Step size of a convergent Richardson iteration: 1.4 over the spectral radius of I - weight, at most 1."""
        place = torch.arange(-self.radius, self.radius + 1, dtype=torch.float64)
        angle = torch.linspace(0, math.pi, FREQUENCIES, dtype=torch.float64)[:, None] * place
        both = torch.cat([angle, -angle])
        wave = torch.polar(torch.ones_like(both), both)
        symbol = torch.einsum("cdij,ai,bj->abcd", weight.cpu().to(wave.dtype), wave[:FREQUENCIES], wave)
        eye = torch.eye(len(self.mean), dtype=wave.dtype)
        return min(1.0, 1.4 / float(torch.linalg.eigvals(eye - symbol).abs().max()))

    def _centres(self) -> Tensor:
        if not self.radius:
            return torch.arange(len(self.mean))
        side = 2 * self.radius + 1
        return torch.arange(len(self.mean)) * side * side + side * side // 2

    def _by_row(self, x: Tensor, trust: Tensor) -> tuple[Tensor, Tensor]:
        spread = self.covariance.diagonal().sqrt().float()
        prior = (self.covariance.float() / spread[:, None]) / spread
        score = (x.flatten(1) - self.mean) / spread
        parts = [
            cavities(prior.expand(len(s), -1, -1), s, t, RIDGE)
            for s, t in zip(torch.split(score, 16), torch.split(trust.flatten(1), 16), strict=True)
        ]
        mean, variance = (torch.cat(each) for each in zip(*parts, strict=True))
        return (self.mean + spread * mean).reshape(x.shape), ((variance + RIDGE) * spread.square()).reshape(x.shape)


def student_log_prob(x: Tensor, scale: Tensor, freedom: Tensor) -> Tensor:
    """Log density of Student's t about 0."""
    half = 0.5 * (freedom + 1)
    size = torch.lgamma(half) - torch.lgamma(0.5 * freedom) - 0.5 * torch.log(math.pi * freedom) - scale.log()
    return size - half * torch.log1p((x / scale).square() / freedom)


def radius_of(shape: tuple[int, ...]) -> int:
    """Radius of the window for rows of this shape; 0: each cell is predicted from the whole row."""
    return 0 if len(shape) != 3 else min(RADIUS, (min(shape[1:]) - 1) // 2)


def axes_of(shape: tuple[int, ...]) -> tuple[tuple[int], tuple[int]]:
    """Shape of a field's means, and of one axis of its correlation."""
    radius = radius_of(shape)
    return ((shape[0],), (shape[0] * (2 * radius + 1) ** 2,)) if radius else ((math.prod(shape),), (math.prod(shape),))


def with_border(x: Tensor, radius: int, edge: bool = True) -> Tensor:
    """Pad each image by ``radius``, with its edge repeated or with 0."""
    sides = (radius,) * 4
    return pad(x, sides, mode="replicate") if edge else pad(x, sides)
