"""Exact replacements of the operations of PyTorch whose last bits depend on the machine, the threads or the batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.arithmetic import elementary, normalisation, sums
from quintet.codec.arithmetic.ieee_operations import NotExact

Array = np.ndarray[Any, Any]
SQRT2 = 1.4142135623730951


def _elementwise(function: Callable[[Array], Array]) -> Callable[..., Tensor]:
    def replacement(x: Tensor, **_: Any) -> Tensor:
        out = np.asarray(function(np.ascontiguousarray(x.double().numpy())))
        return torch.from_numpy(out).to(x.dtype if x.is_floating_point() else torch.float64).reshape(x.shape)

    return replacement


_exp, _log, _tanh = (_elementwise(f) for f in (elementary.exp, elementary.log, elementary.tanh))
_expm1, _log1p = _elementwise(elementary.expm1), _elementwise(elementary.log1p)
_cos, _sin = _elementwise(elementary.cos), _elementwise(elementary.sin)
_sigmoid, _softplus, _ndtr = (_elementwise(f) for f in (elementary.sigmoid, elementary.softplus, elementary.ndtr))


_erf = _elementwise(lambda x: 2 * elementary.ndtr(x * SQRT2) - 1)
_erfc = _elementwise(lambda x: 2 * elementary.ndtr(-x * SQRT2))


def _mv(a: Tensor, b: Tensor) -> Tensor:
    return sums.product(a, b[:, None])[:, 0]


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return sums.total(a * b, (0,))


def _cumsum(x: Tensor, dim: int, dtype: Any = None) -> Tensor:
    return sums.cumulative(x, dim) if x.is_floating_point() else torch.cumsum(x, dim)


def _softmax(x: Tensor, dim: int, half: bool = False) -> Tensor:
    e = _exp(x - x.amax(dim, keepdim=True))
    return e / sums.total(e, (dim,), True)


def _log_softmax(x: Tensor, dim: int, half: bool = False) -> Tensor:
    shifted = x - x.amax(dim, keepdim=True)
    return shifted - _log(sums.total(_exp(shifted), (dim,), True))


def _logsumexp(x: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    top = x.amax(dims, keepdim=True)
    out = top + _log(sums.total(_exp(x - top), dims, True))
    return out if keepdim else out.squeeze(dims)


def _addmm(bias: Tensor, a: Tensor, b: Tensor, beta: float = 1, alpha: float = 1) -> Tensor:
    return bias * beta + sums.product(a, b) * alpha


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    out = sums.product(x, weight.T)
    return out if bias is None else out + bias


def _convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    *rest: Any,
) -> Tensor:
    out = sums.convolution(x, weight, transposed, stride, padding, dilation, *rest)
    return out if bias is None else out + bias.reshape(1, -1, *(1 for _ in x.shape[2:]))


def _silu(x: Tensor) -> Tensor:
    return x * _sigmoid(x)


def _gelu(x: Tensor, approximate: str = "none") -> Tensor:
    if approximate != "none":
        raise NotExact("gelu approximated by tanh")
    return x * _ndtr(x)


def _elu(x: Tensor, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Tensor:
    return torch.where(x > 0, x * scale, alpha * scale * _expm1(torch.clamp(x, max=0.0) * input_scale))


def _thresholded_softplus(x: Tensor, beta: float = 1, threshold: float = 20) -> Tensor:
    return torch.where(x * beta > threshold, x, _softplus(x * beta) / beta)


def _log_sigmoid(x: Tensor) -> Tensor:
    return -_softplus(-x)


REPLACEMENTS: dict[str, Callable[..., Any]] = {
    "native_layer_norm": normalisation.layer_norm,
    "native_group_norm": normalisation.group_norm,
    "native_batch_norm": normalisation.batch_norm,
    "exp": _exp,
    "log": _log,
    "expm1": _expm1,
    "log1p": _log1p,
    "tanh": _tanh,
    "cos": _cos,
    "sin": _sin,
    "sigmoid": _sigmoid,
    "softplus": _thresholded_softplus,
    "special_ndtr": _ndtr,
    "erf": _erf,
    "erfc": _erfc,
    "silu": _silu,
    "gelu": _gelu,
    "elu": _elu,
    "log_sigmoid": _log_sigmoid,
    "sum": normalisation.total,
    "mean": normalisation.mean,
    "cumsum": _cumsum,
    "_softmax": _softmax,
    "_log_softmax": _log_softmax,
    "logsumexp": _logsumexp,
    "mv": _mv,
    "dot": _dot,
    "vdot": _dot,
    "linalg_vector_norm": normalisation.norm,
    "_weight_norm_interface": normalisation.weight_norm,
    "mm": sums.product,
    "bmm": sums.product,
    "addmm": _addmm,
    "linear": _linear,
    "convolution": _convolution,
}
