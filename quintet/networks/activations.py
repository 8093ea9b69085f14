"""Activation and normalisation layers by name."""

from torch import nn

from quintet.errors import InputError, nearest
from quintet.networks.batch_norm import BatchNorm1d, BatchNorm2d

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "elu": nn.ELU,
}
NORMS = ("none", "layer", "batch", "weight", "spectral")


def activation(name: str) -> nn.Module:
    """An activation module by name."""
    if name not in ACTIVATIONS:
        raise InputError(f"activation={name!r} is not known: {nearest(name, ACTIVATIONS)}.")
    return ACTIVATIONS[name]()


def norm_layer(name: str, features: int, *, planes: bool = False) -> nn.Module:
    """A normalisation module of ``features`` features, or of ``features`` channels with ``planes``."""
    if name not in NORMS:
        raise InputError(f"norm={name!r} is not known: {nearest(name, NORMS)}.")
    if name in ("none", "weight", "spectral"):
        return nn.Identity()
    if name == "batch":
        return BatchNorm2d(features) if planes else BatchNorm1d(features)
    return nn.GroupNorm(1, features) if planes else nn.LayerNorm(features)


def reparametrised(name: str, layer: nn.Module) -> nn.Module:
    """Apply weight (Salimans and Kingma, 2016) or spectral normalisation (Miyato et al., 2018) to a layer.

    Any other ``name`` returns the layer unchanged.
    """
    if name == "weight":
        normed: nn.Module = nn.utils.parametrizations.weight_norm(layer)
        return normed
    return nn.utils.parametrizations.spectral_norm(layer) if name == "spectral" else layer
