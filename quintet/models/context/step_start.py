"""Where a context decoder of series begins: period, scales, finest difference, and linear predictions."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.networks.step_inputs import FARTHEST
from quintet.networks.step_network import StepNetwork
from quintet.networks.step_windows import SeriesCells, taken

LEAST_CORRELATION = 0.3
"""Least autocorrelation at a period."""
FINEST = 0.25
"""Least standard deviation of a normal, in the finest difference of a channel."""
RIDGE = 1e-3
"""Ridge of the least squares, relative to the mean square of the inputs."""
STEPS = 20_000
"""Steps of training rows that the least squares read, about."""
MOST = 200_000
"""Steps from which the channels' predictions of each other begin."""


@torch.no_grad()
def usual_difference(x: Tensor, observed: Tensor) -> Tensor:
    """Mean absolute difference of neighbouring observed steps of each channel, (channels,); 1 where there are none.

    Parameters
    ----------
    x, observed : (batch, steps, channels).
    """
    both = observed[:, 1:] * observed[:, :-1]
    total = ((x[:, 1:] - x[:, :-1]).abs() * both).sum((0, 1))
    found = total / both.sum((0, 1)).clamp(min=1.0)
    return torch.where(found > 0, found, 1.0)


@torch.no_grad()
def finest_step(x: Tensor, observed: Tensor) -> Tensor:
    """A floor for the standard deviations of each channel, (channels,): a part of the smallest difference of values,
    where there are few of them."""
    found = []
    for channel in range(x.shape[-1]):
        values = torch.unique(x[..., channel][observed[..., channel] > 0])
        gaps = values.diff()
        found.append(FINEST * gaps.min() if len(gaps) else torch.full((), FINEST, dtype=x.dtype, device=x.device))
    return torch.stack(found)


@torch.no_grad()
def period_of(x: Tensor, observed: Tensor) -> int:
    """The lag with the largest autocorrelation that is a peak and at least ``LEAST_CORRELATION``, 0 if there is none.

    The correlation of a lag is that over all pairs of observed cells, after each row's mean is taken off.
    """
    steps = x.shape[1]
    mean = (x * observed).sum(1, keepdim=True) / observed.sum(1, keepdim=True).clamp(min=1.0)
    away = (x - mean) * observed
    size = 2 * steps
    spectrum, seen = torch.fft.rfft(away, n=size, dim=1), torch.fft.rfft(observed, n=size, dim=1)
    power = torch.fft.irfft(spectrum.abs().square(), n=size, dim=1)[:, :steps].sum((0, 2))
    pairs = torch.fft.irfft(seen.abs().square(), n=size, dim=1)[:, :steps].sum((0, 2))
    found = power / pairs.clamp(min=1.0)
    most = int(steps * 2 / 3)
    if most < 4 or float(found[0]) <= 0:
        return 0
    correlation = (found / found[0])[: most + 1]
    inner = correlation[1:-1]
    peak = (inner > correlation[:-2]) & (inner >= correlation[2:]) & (inner >= LEAST_CORRELATION)
    peak[0] = False
    if not bool(peak.any()):
        return 0
    best = torch.where(peak, inner, -1.0)
    # the shortest of the lags that are about as good: multiples of a period are periods
    return 1 + int((best >= best.max() - 0.05).nonzero()[0])


@torch.no_grad()
def least_squares(network: StepNetwork, cells: SeriesCells, earlier_alone: bool) -> None:
    """Set the linear prediction of each channel to least squares over steps of training rows.

    Parameters
    ----------
    cells : (1, batch, steps, channels).
    earlier_alone : whether a channel is predicted from the channels before it in its own step, and not from all others.
    """
    across_channels(network, cells, earlier_alone)
    batch, steps = cells.x.shape[1:3]
    every = max(1, batch * steps // STEPS)
    at = torch.arange(0, steps, every, device=cells.x.device)[None]
    seen = network.seen(cells, at)
    own, there = taken(cells.x, at), taken(cells.earlier, at)
    beside = (own - seen.level.base) / seen.level.scale * there
    channels = network.channels
    for channel in range(channels):
        read = torch.arange(channels, device=own.device)
        read = (read < channel) if earlier_alone else (read != channel)
        inputs = torch.cat([seen.linear_inputs, beside * read.to(beside.dtype)], -1).flatten(0, 2).double()
        target = beside[..., channel].flatten().double()
        use = there[..., channel].flatten() > 0
        # heavy tails are cut, or a few steps after a silence would decide
        inputs, target = (t[use].clamp(-FARTHEST, FARTHEST) for t in (inputs, target))
        if not len(target):
            continue
        square = inputs.T @ inputs / len(inputs)
        ridge = RIDGE * square.diagonal().mean() + 1e-9
        weight = torch.linalg.solve(
            square + ridge * torch.eye(len(square), dtype=square.dtype, device=square.device),
            inputs.T @ target / len(inputs),
        )
        network.linear[channel].copy_(weight)


@torch.no_grad()
def across_channels(network: StepNetwork, cells: SeriesCells, earlier_alone: bool) -> None:
    """Set the prediction of each channel from the others of its step to least squares over complete steps."""
    flat = cells.x[0].flatten(0, 1)[(cells.earlier[0] > 0).all(-1).flatten()][:MOST].double()
    if len(flat) <= network.channels:
        return
    mean = flat.mean(0)
    away = flat - mean
    for channel in range(network.channels):
        others = torch.arange(network.channels, device=flat.device)
        others = others[(others < channel) if earlier_alone else (others != channel)]
        square = away[:, others].T @ away[:, others] / len(away)
        ridge = RIDGE * square.diagonal().mean() if len(others) else square.new_zeros(())
        eye = torch.eye(len(others), dtype=square.dtype, device=square.device)
        target = away[:, others].T @ away[:, channel] / len(away)
        slope = torch.linalg.solve(square + (ridge + 1e-9) * eye, target)
        network.across.slope[channel].zero_()
        network.across.slope[channel, others] = slope.to(network.across.slope)
        network.across.offset[channel] = mean[channel] - mean[others] @ slope
        error = (away[:, channel] - away[:, others] @ slope).square().mean().sqrt()
        network.across.spread[channel] = error.clamp(min=1e-4)
