"""The lossy code of images, learnt from images: first the transform, then the network, by the bits it would take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor, nn

from quintet.artifacts.block_code import BlockCode
from quintet.models.block_code.network import GROUPS, PHASES, TwoLogistics, features, predicted, span
from quintet.models.block_code.transform import DEAD, principal_axes, quantised, to_blocks
from quintet.noise import Noise
from quintet.numerics.random_operations import making

HIDDEN = 256
IMAGES = 24
"""Images of a training step for each group of coefficients."""
HELD_OUT, EVERY, TRIED, TRIALS = 0.05, 100, 64, 4
"""Share of the images that only choose the weights; steps between two trials of them; images of a trial, and how many
trials."""
BLOCKS = 2**15
"""Blocks that the transform is learnt from, about, and as many of their mirror images."""
STEPS = (6.0, 128.0)
"""Range of the steps of training, in grey levels: their logarithm is uniform."""
RATE, WARM_UP, CLIP, DECAY = 2e-3, 50, 1.0, 1e-2
"""Learning rate, steps in which it rises, bound on the gradient's norm, weight decay."""
LEAST_MASS = 1e-9


def learn(
    x: Tensor,
    seed: int,
    count: int,
    max_seconds: float = math.inf,
    progress: Callable[[int, int], Any] | None = None,
) -> BlockCode:
    """The code of images x, (n, channels, height, width) in grey levels of 0 to 255.

    Parameters
    ----------
    count : number of training steps.
    max_seconds : training ends with them if this is earlier, and the learning rate with it.
    progress : called with the steps done and their number.
    """
    began, order = time.perf_counter(), Noise((seed, 45)).uniform(len(x))[0].argsort()
    held_out, x = x[order[: math.ceil(HELD_OUT * len(x))]], x[order[int(HELD_OUT * len(x)) :]]
    code, best, kept = _untrained(x, seed), math.inf, list[Tensor]()
    names = [field.name for field in fields(code) if field.name[:2] in ("w_", "b_")]
    weights = [getattr(code, name) for name in names]
    for weight in weights:
        weight.requires_grad_(True)
    matrices, biases = [w for w in weights if w.ndim > 1], [w for w in weights if w.ndim == 1]
    optimiser = torch.optim.AdamW([{"params": matrices, "weight_decay": DECAY}, {"params": biases, "weight_decay": 0}])
    for done in range(count + 1):
        share = max(done / max(count, 1), (time.perf_counter() - began) / max_seconds)
        if done % EVERY == 0 or share >= 1:
            bits = _held_out_bits(code, held_out, seed)
            if bits < best:
                best, kept = bits, [weight.detach().clone() for weight in weights]
        if share >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (done + 1) / WARM_UP) * (1 + math.cos(math.pi * share)) / 2
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(_bits_a_cell(code, x, Noise((seed, 47, done)), IMAGES))
        nn.utils.clip_grad_norm_(weights, CLIP)
        optimiser.step()
        if progress is not None:
            progress(done + 1, count)
    return replace(code, **dict(zip(names, kept, strict=True)))


@torch.no_grad()
def _held_out_bits(code: BlockCode, x: Tensor, seed: int) -> float:
    """Bits a cell of images that did not train the network: a code of few images would know them by heart."""
    return sum(float(_bits_a_cell(code, x, Noise((seed, 49, i)), TRIED)) for i in range(TRIALS)) / TRIALS


def _untrained(x: Tensor, seed: int) -> BlockCode:
    """The transform of the images' blocks and of their mirror images', and first weights."""
    channels = x.shape[1]
    most = max(1, BLOCKS // to_blocks(x[:1])[..., 0].numel())
    some = x[Noise((seed, 48)).uniform(len(x))[0].argsort()[:most]]
    blocks = torch.cat([to_blocks(each).flatten(0, 2) for each in (some, some.flip(-1))]).double()
    basis, centre, spread = (part.float() for part in principal_axes(blocks))
    with making(seed):
        into, mid, back = nn.Linear(features(channels), HIDDEN), nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, HIDDEN)
    layers = {f"{kind}_{name}": part.detach() for name, each in (("in", into), ("mid", mid), ("back", back))
              for kind, part in (("w", each.weight), ("b", each.bias))}  # fmt: skip
    outputs = 4 * len(spread)
    last = torch.zeros(outputs, HIDDEN, dtype=torch.float32), torch.zeros(outputs, dtype=torch.float32)
    return BlockCode(basis, centre, spread, **layers, w_out=last[0], b_out=last[1])


def _bits_a_cell(code: BlockCode, x: Tensor, noise: Noise, size: int) -> Tensor:
    """Expected bits a cell at random steps: each group of coefficients in a random phase, of ``size`` other images."""
    low, high = map(math.log, STEPS)
    index = (noise.uniform(GROUPS, size)[0] * len(x)).long()
    total = x.new_zeros(())
    for group in range(GROUPS):
        images = x[index[group]]
        images = images.flip(-1) if noise.chance() < 0.5 else images
        y = (to_blocks(images) - code.centre) @ code.basis
        step = torch.exp(low + (high - low) * noise.uniform(size)[0])
        k = quantised(y, step[:, None, None, None])
        phase = (noise.uniform(size)[0] * PHASES).long()
        given, chosen = predicted(code, k, step, group, phase)
        if not chosen.any():
            continue
        wide = step[:, None, None].expand(chosen.shape)[chosen][:, None]
        coefficients = k[..., span(group, k.shape[-1])][chosen]
        total = total + _bits(given, coefficients, wide) * (chosen.numel() / int(chosen.sum()))
    return total / (size * x[0].numel())


def _bits(given: TwoLogistics, k: Tensor, step: Tensor) -> Tensor:
    """-log2 P(k), summed."""
    upper = torch.where(k >= 0, k + (0.5 + DEAD), k + (0.5 - DEAD)) * step
    lower = torch.where(k <= 0, k - (0.5 + DEAD), k - (0.5 - DEAD)) * step
    return -given.mass(lower, upper).clamp(min=LEAST_MASS).log2().sum()
