"""Weights in eight bits: rounded after training, and stored in a byte each.

A row of a matrix is whole numbers from -127 to 127 times a power of two, so float32 holds it exactly: the model that
answers is the one that the file restores, on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from quintet.errors import FileRefused

POWERS = "powers"
"""Name of the powers of two of all matrices that are stored in bytes, (rows of all of them,) of int8, by name."""
MOST = 127


def round_weights(module: nn.Module) -> None:
    """Round the matrices among the parameters of a module to eight bits, in place; vectors stay as they are."""
    with torch.no_grad():
        for parameter in module.parameters():
            if _is_matrix(parameter):
                parameter.copy_(rounded(parameter))


def rounded(weight: Tensor) -> Tensor:
    """The nearest matrix that eight bits hold."""
    scale = _scale(_powers(weight), weight)
    return (weight / scale).round().clamp(-MOST, MOST) * scale + 0.0  # -0.0 becomes 0.0, which bytes hold


def narrowed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Matrices that eight bits hold exactly as int8, with their powers of two; other tensors as they are."""
    out, powers = dict(tensors), []
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu()
        if _is_matrix(tensor) and _bits_equal(rounded(tensor), tensor):
            powers.append(_powers(tensor))
            out[name] = (tensor / _scale(powers[-1], tensor)).to(torch.int8)
    return out | ({POWERS: torch.cat(powers)} if powers else {})


def widened(tensors: Mapping[str, Tensor], file: str) -> dict[str, Tensor]:
    """The inverse of ``narrowed``."""
    out = dict(tensors)
    names = sorted(name for name, tensor in tensors.items() if tensor.dtype == torch.int8 and name != POWERS)
    powers = out.pop(POWERS, torch.zeros(0, dtype=torch.int8))
    rows = [tensors[name].shape[0] if tensors[name].ndim else 0 for name in names]
    if powers.dtype != torch.int8 or powers.shape != (sum(rows),):
        raise FileRefused(f"{file} holds weights in bytes without their scales: copy it again.")
    for name, some in zip(names, torch.split(powers, rows), strict=True):
        out[name] = tensors[name].float() * _scale(some, tensors[name])
    return out


def _is_matrix(tensor: Tensor) -> bool:
    return tensor.dtype == torch.float32 and tensor.ndim >= 2 and tensor.numel() > 0


def _bits_equal(one: Tensor, other: Tensor) -> bool:
    return torch.equal(one.contiguous().view(torch.int32), other.contiguous().view(torch.int32))


def _powers(weight: Tensor) -> Tensor:
    """(rows,) of int8: the least power of two for each row that ``MOST`` of them reach, from -100 to 100; 0 of a row of
    zeros."""
    most = weight.detach().abs().flatten(1).amax(1)
    mantissa, exponent = torch.frexp(most / MOST)
    powers = torch.where(mantissa > 0.5, exponent, exponent - 1)
    return torch.where(most > 0, powers, torch.zeros_like(powers)).clamp(-100, 100).to(torch.int8)


def _scale(powers: Tensor, like: Tensor) -> Tensor:
    """The powers of two, (rows, 1, ...) of float32, for a tensor of as many axes as ``like``."""
    return torch.exp2(powers.float()).reshape(-1, *(1 for _ in like.shape[1:]))
