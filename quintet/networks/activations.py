"""Activations and normalisations by name."""

from torch import nn

from quintet.errors import InputError, nearest

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "elu": nn.ELU,
}
NORMS = ("none", "layer", "batch", "weight", "spectral")


def activation(name: str) -> nn.Module:
    """A new activation module."""
    if name not in ACTIVATIONS:
        raise InputError(f"activation={name!r} is not known: {nearest(name, ACTIVATIONS)}.")
    return ACTIVATIONS[name]()


def norm(name: str, features: int, *, planes: bool = False) -> nn.Module:
    """A new normalisation of ``features`` features, or of ``features`` channels of planes."""
    if name not in NORMS:
        raise InputError(f"norm={name!r} is not known: {nearest(name, NORMS)}.")
    if name in ("none", "weight", "spectral"):
        return nn.Identity()
    if name == "batch":
        return nn.BatchNorm2d(features) if planes else nn.BatchNorm1d(features)
    return nn.GroupNorm(1, features) if planes else nn.LayerNorm(features)


def reparametrised(name: str, layer: nn.Module) -> nn.Module:
    """A linear or convolutional layer whose weight is normalised: by its rows' norms (Salimans and Kingma, 2016), or by
    its largest singular value (Miyato et al., 2018); as it is under any other norm."""
    if name == "weight":
        normed: nn.Module = nn.utils.parametrizations.weight_norm(layer)
        return normed
    return nn.utils.parametrizations.spectral_norm(layer) if name == "spectral" else layer
