"""Residual blocks over steps in fixed point, as steps are entropy-coded."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from quintet.codec.arithmetic.fixed_point import (
    ONE,
    FixedFunction,
    FixedLinear,
    fixed,
    normalised,
    normed_linear,
    on_whole_numbers,
    silu,
)
from quintet.networks.residual import ResidualBlock

TOGETHER = 1024
"""Steps that are evaluated at once: their numbers fit into the cache."""
LARGEST = 1024.0
"""Of an input."""


class FixedResidual:
    """x + W₂ silu(W₁ norm(x)), block after block, and affine maps of the last block's norm.

    Parameters
    ----------
    norms, inner, outer : of the blocks, and the norm behind them.
    out : the maps, whose outputs stand side by side.
    """

    def __init__(
        self,
        norms: Sequence[nn.LayerNorm],
        inner: Sequence[nn.Linear],
        outer: Sequence[nn.Linear],
        out: list[nn.Linear],
    ) -> None:
        self.silu = FixedFunction(silu)
        self.eps = [float(norm.eps) for norm in norms]
        self.inner = [normed_linear(norm, [each]) for norm, each in zip(norms, inner, strict=False)]
        self.outer = [FixedLinear(each.weight, each.bias, self.silu.largest) for each in outer]
        self.out = normed_linear(norms[-1], out)

    def __call__(self, hidden: Tensor) -> Tensor:
        """(n, width) in fixed point, which are overwritten -> (n, outputs) as they are."""
        for inner, outer, eps in zip(self.inner, self.outer, self.eps, strict=False):
            hidden += outer.whole(self.silu(inner.real(normalised(hidden, eps))))
        return self.out.real(normalised(hidden, self.eps[-1]))


class FixedLayers:
    """Two affine maps of the inputs of a step, added up, residual blocks and an affine map.

    Parameters
    ----------
    inner, about : the maps of two parts of the inputs.
    blocks : residual blocks, and a norm.
    outer : the last map.
    """

    def __init__(self, inner: nn.Linear, about: nn.Linear, blocks: nn.Sequential, outer: nn.Linear) -> None:
        self.inputs = FixedLinear(torch.cat([inner.weight, about.weight], 1), inner.bias, LARGEST * ONE)
        residual = [block for block in blocks if isinstance(block, ResidualBlock)]
        norms = [block.norm for block in residual] + [block for block in blocks if isinstance(block, nn.LayerNorm)]
        self.blocks = FixedResidual(norms, [b.inner for b in residual], [b.outer for b in residual], [outer])

    def __call__(self, inner: Tensor, about: Tensor) -> Tensor:
        """Inputs (..., inputs) as they are -> (..., outputs)."""
        x = torch.cat([inner, about], -1)
        with on_whole_numbers():
            parts = torch.split(fixed(x.flatten(0, -2).clamp(-LARGEST, LARGEST)), TOGETHER)
            found = torch.cat([self.blocks(self.inputs.whole(part)) for part in parts])
        return found.reshape(*x.shape[:-1], -1)
