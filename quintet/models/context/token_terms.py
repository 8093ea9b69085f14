"""What trains a context decoder of tokens: log p of some steps of each row, given random visible tokens."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from quintet.models.context.visible_tokens import TokenDecoder
from quintet.networks.token_statistics import HIDDEN
from quintet.noise import Noise
from quintet.transfers import constants

COUNT = 24
"""Steps of each row in a training step."""
IN_ORDER = {True: 0.65, False: 0.5}
"""Share of the training steps in which the earlier tokens are visible, with and without latents."""
ALL, SCATTERED = 0.6, 0.25
"""Shares of the other training steps: all other tokens are visible, or some at random; in the rest a gap is hidden."""
TAIL = 0.1
"""Share of the predicted steps that may lie in the run of one token at a row's end, such as padding."""

Kind = Literal["order", "all", "scattered", "gap"]


def token_terms(
    decoder: TokenDecoder,
    x: Tensor,
    observed: Tensor,
    z: Tensor | None,
    condition: Tensor | None,
    has_z: Tensor | None,
    noise: Noise,
) -> Tensor:
    """Estimate of log p(observed tokens | z) in nats, (batch,); arguments as of ``ContextDecoder.training_terms``."""
    kind = _kind(noise, z is not None)
    steps, batch = decoder.layout.steps, len(x)
    there = observed > 0
    whole = torch.where(there, x, float(HIDDEN)).to(torch.int32)
    at, share = _steps(whole, steps, noise)
    visible, inner = _visible(kind, batch, steps, noise)
    if inner is not None:
        low, high = inner
        at = (low + (at.double() / steps * (high - low)).floor()).clamp(max=steps - 1).long()
        share = torch.ones_like(share)
    rows = torch.where(visible > 0, whole, HIDDEN).cpu().numpy()
    network = decoder.in_order if kind == "order" else decoder.from_known
    about = decoder.about(z, condition, has_z)[0].expand(batch, -1)
    # a hidden token is not read, but its row still leaves itself out of the counts
    logits = decoder.logits(rows, at, about, network, whole.cpu().numpy())
    target, weight = whole.gather(1, at).clamp(min=0).long(), there.gather(1, at).to(torch.float32) * share
    terms = torch.log_softmax(logits, -1).gather(-1, target[..., None])[..., 0]
    return (terms * weight).sum(1) / weight.sum(1).clamp(min=1e-6) * there.to(torch.float32).sum(1)


def _kind(noise: Noise, with_latents: bool) -> Kind:
    if noise.chance() < IN_ORDER[with_latents]:
        return "order"
    other = noise.chance()
    return "all" if other < ALL else "scattered" if other < ALL + SCATTERED else "gap"


def _steps(x: Tensor, steps: int, noise: Noise) -> tuple[Tensor, Tensor]:
    """Steps of each row, (batch, count), few of them in the run at its end, and the share of a row that each stands
    for."""
    tail = (x == x[:, -1:]).flip(1).to(torch.int64).cumprod(1).sum(1)
    body = (steps - tail + 1).clamp(1, steps)
    place, kind = noise.uniform(len(x), min(COUNT, steps), 2)[0].to(torch.float64).unbind(-1)
    rest = (steps - body).clamp(min=0)
    ending = (kind < TAIL) & (rest > 0)[:, None]
    first, length = torch.where(ending, body[:, None], 0), torch.where(ending, rest[:, None], body[:, None])
    at = (first + (place * length).floor()).clamp(max=steps - 1).long()
    shares = torch.where((rest > 0)[:, None], constants([1 - TAIL, TAIL], torch.float64, x.device), 1.0)
    drawn = torch.where(ending, shares[:, 1:], shares[:, :1])
    return at, (length / drawn).to(torch.float32)


def _visible(kind: Kind, batch: int, steps: int, noise: Noise) -> tuple[Tensor, tuple[Tensor, Tensor] | None]:
    """Visible tokens (batch, steps) of 0 and 1, and the stretch that is predicted, (batch, 1) each, of a gap."""
    share, place = noise.uniform(batch, 2)[0][:, :, None].unbind(1)
    if kind == "scattered":
        return (noise.uniform(batch, steps)[0] < share).to(torch.float32), None
    if kind == "gap":
        length = torch.exp(share * np.log(steps)).floor().clamp(1, steps)
        low = (place * (steps - length + 1)).floor()
        step = torch.arange(steps, device=share.device)
        return ((step < low) | (step >= low + length)).to(torch.float32), (low, low + length)
    return torch.ones(batch, steps, dtype=torch.float32, device=share.device), None
