"""What trains a context decoder of series: log p of some steps of each series, given random visible cells."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.distributions.noise_models.additive import SPREAD_AT_NO_TRUST
from quintet.models.context.other_levels import at_other_levels
from quintet.models.context.visible_series import StepDecoder
from quintet.models.context.visible_steps import random_kind, random_visible
from quintet.models.partial_encoder_corruption import REAL_SPAN
from quintet.networks.step_windows import SeriesCells, taken
from quintet.noise import Noise

COUNT = 48
"""Steps of each series in a training step."""
SPREAD = SPREAD_AT_NO_TRUST * 2 * REAL_SPAN
"""Standard deviation of noise at no trust, in standard deviations of a cell."""
WITHOUT_CALENDAR = 0.25
"""Share of training rows whose place in the calendar is unknown, as it is in most questions."""
NOISIEST = 0.5
"""Largest doubt of training: 1 less the trust in noisy cells."""


def step_terms(
    decoder: StepDecoder,
    x: Tensor,
    observed: Tensor,
    z: Tensor | None,
    condition: Tensor | None,
    has_z: Tensor | None,
    noise: Noise,
) -> Tensor:
    """Estimate of log p(observed cells | z) in nats, (batch,); arguments as of ``ContextDecoder.training_terms``."""
    kind = random_kind(noise, z is not None)
    clean, there = decoder.series(at_other_levels(x, decoder.drifts, noise), observed)
    seen = random_visible(kind, clean, min(COUNT, decoder.layout.steps), noise)
    start = there * seen.start
    doubt = (NOISIEST * seen.doubt)[:, None, None]
    noisy = clean + SPREAD * doubt * noise.normal(*clean.shape)[0] * there
    trust = 1 - doubt.flatten(1)
    if decoder.calendar is not None and condition is not None:
        unknown = noise.uniform(len(x), 1)[0] < WITHOUT_CALENDAR
        condition = torch.where(unknown, torch.nan, condition)
    about = decoder.about(z, condition, has_z, (start.flatten(1) * trust)[None] if kind != "order" else None)
    earlier = torch.where(seen.drawn[:, None, None], there, start)
    cells = SeriesCells(noisy[None], earlier[None], start[None])
    network = decoder.in_order if kind == "order" else decoder.from_known
    around = network.seen(cells, seen.at)
    features = network.features(around, decoder.about_steps(about, seen.at))
    own, own_there, target = (taken(t[None], seen.at) for t in (noisy, there, clean))
    own_start = taken(start[None], seen.at)
    channels = decoder.layout.channels
    before = torch.ones(channels, channels, dtype=torch.bool, device=x.device).tril(-1)
    drawn = seen.drawn[:, None, None, None] & before
    visible = torch.where(drawn, own_there.unsqueeze(-2), own_start.unsqueeze(-2))
    terms = network.distribution(features, around, own, visible, 0, channels).log_prob(target)
    found = (terms * own_there).flatten(2).sum(2)[0]
    return found * there.flatten(1).sum(1) / own_there[0].flatten(1).sum(1).clamp(min=1.0)
