"""Autoregressive normalizing flows built from Zuko's transforms.

Zuko is imported when a flow is built. Its modules are created on the CPU, even under the meta device, and initialised
near the identity. They run in float32 under autocast, and in float64 for entropy coding.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from quintet.errors import InputError, nearest
from quintet.extras import extra

KINDS = ("maf", "nsf")
START = 0.01
"""Factor on the last layer's weights at initialisation."""


def autoregressive(
    latent_dim: int, transforms: int, hidden: int, kind: str = "maf", context: int = 0, bins: int = 8
) -> nn.ModuleList:
    """Autoregressive transforms y_i = f(x_i; x_<i, context); each reverses the order of the coordinates.

    Parameters
    ----------
    latent_dim, transforms
    hidden : width of the two hidden layers, raised to at least twice ``latent_dim``.
    kind : "maf", f affine (Papamakarios et al., 2017); "nsf", a monotonic rational-quadratic spline on -5..5 (Durkan et
        al., 2019).
    context : number of context features that every f reads.
    bins : number of bins of a spline.
    """
    with extra("flows", "A normalizing flow"):
        from zuko.flows import MAF, NSF

    if kind not in KINDS:
        raise InputError(f"kind={kind!r} is not known: {nearest(kind, KINDS)}.")
    width = max(hidden, 2 * latent_dim)
    own = {} if latent_dim == 1 and not context else {"hidden_features": (width, width), "activation": nn.SiLU}
    with torch.device("cpu"):
        make, more = (MAF, {}) if kind == "maf" else (NSF, {"bins": bins})
        layers = nn.ModuleList(make(latent_dim, context, transforms=transforms, **more, **own).transform.transforms)
    for layer in layers:
        last = [m for m in layer.modules() if isinstance(m, nn.Linear)][-1:]
        for parameter in [p for m in last for p in m.parameters()] or list(layer.parameters()):
            parameter.data.mul_(START)
    return layers


def forward(layers: nn.ModuleList, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """y (..., latent_dim) and log |det dy/dx| (...) of all transforms; one pass each."""
    with torch.autocast(x.device.type, enabled=False):
        total = x.new_zeros(x.shape[:-1])
        for layer in layers:
            x, log_det = layer(context).call_and_ladj(x)
            total = total + log_det
        return x, total


def backward(layers: nn.ModuleList, y: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The inverse of ``forward``, coordinate by coordinate: x, and log |det dy/dx| there."""
    with torch.autocast(y.device.type, enabled=False):
        total = y.new_zeros(y.shape[:-1])
        for layer in reversed(layers):
            transform = layer(context)
            x = transform.inv(y)
            total = total + transform.call_and_ladj(x)[1]
            y = x
        return y, total
