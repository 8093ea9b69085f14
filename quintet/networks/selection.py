"""Choice of the encoder and decoder from the parameter ``network``: a name, options, or two functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from quintet.errors import InputError, nearest
from quintet.networks.conv import Conv
from quintet.networks.folded import Folded
from quintet.networks.mlp import Mlp
from quintet.networks.recurrent import Recurrent

LARGEST_MLP_ROW = 1024
Named = Mlp | Conv | Folded | Recurrent
"""Network types that a name and options describe."""


class Network(Protocol):
    """Builder of an encoder and a decoder, such as ``Mlp``, ``Conv``, ``Folded`` and ``Recurrent``."""

    def encoder(self, in_shape: tuple[int, ...]) -> nn.Module:
        """Rows (batch, *in_shape) -> features (batch, any)."""

    def decoder(self, latent_dim: int, out_shape: tuple[int, ...]) -> nn.Module:
        """Latents (n, latent_dim) -> parameters (n, *out_shape), out_shape = (parameters of a cell, *row)."""


@dataclass(frozen=True)
class Own:
    """Builder from the user's two functions, whose results are checked."""

    make_encoder: Callable[[tuple[int, ...]], nn.Module]
    make_decoder: Callable[[int, tuple[int, ...]], nn.Module]

    def encoder(self, in_shape: tuple[int, ...]) -> nn.Module:
        """The user's encoder with its output flattened."""
        return Theirs(_module(self.make_encoder(in_shape), "encoder"), nn.Flatten())

    def decoder(self, latent_dim: int, out_shape: tuple[int, ...]) -> nn.Module:
        """The user's decoder with its output reshaped to ``out_shape``."""
        decoder = _module(self.make_decoder(latent_dim, out_shape), "decoder")
        return Theirs(decoder, nn.Flatten(), _Reshape(out_shape))


class Theirs(nn.Sequential):
    """A user's module, which may draw random numbers in training (see ``quintet.numerics.SeededOperations``)."""


class _Reshape(nn.Module):
    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] != math.prod(self.shape):
            raise InputError(
                f"The decoder must return {math.prod(self.shape)} numbers for each row (shape {self.shape}), got "
                f"{x.shape[1]}."
            )
        return x.reshape(len(x), *self.shape)


def choose_network(network: Any, shape: tuple[int, ...], preset: str = "fast") -> Network:
    """Builder of the encoder and the decoder.

    Parameters
    ----------
    network : "auto", "mlp", "conv", "folded", "recurrent", an ``Mlp``, ``Conv``, ``Folded`` or ``Recurrent`` with
        options, a dict {"kind": ..., options}, or a pair of functions ``make_encoder(in_shape)``,
        ``make_decoder(latent_dim, out_shape)``.
    shape : the model's shape of a row.
    preset : default sizes of the layers: "fast", "small" or "best".
    """
    if isinstance(network, Named | Own):
        return network
    if isinstance(network, tuple | list) and len(network) == 2 and all(callable(f) for f in network):
        return Own(*network)
    options = dict(network) if isinstance(network, dict) else {"kind": network}
    kind = options.pop("kind", "auto")
    if kind == "auto":
        kind = "conv" if len(shape) == 3 and math.prod(shape) > LARGEST_MLP_ROW else "mlp"
    if kind == "mlp":
        return _with(Mlp(hidden=_mlp_widths(shape, preset)), options)
    if kind == "conv":
        if len(shape) != 3:
            raise InputError(f"network='conv' needs images, got rows of shape {shape}: use network='mlp'.")
        return _with(
            Conv(channels={"fast": 32, "small": 8}.get(preset, 48), blocks=2 if preset == "best" else 1), options
        )
    if kind == "folded":
        if len(shape) != 3:
            raise InputError(f"network='folded' needs images, got rows of shape {shape}: use network='mlp'.")
        return _with(Folded(), options)
    if kind == "recurrent":
        return _with(Recurrent(hidden={"fast": 64, "small": 16}.get(preset, 128)), options)
    known = nearest(str(kind), ("auto", "mlp", "conv", "folded", "recurrent"))
    raise InputError(f"network={kind!r} is not known: {known}, or two functions.")


def describe_network(network: Network) -> dict[str, Any]:
    """Description of the network for a file: its kind and options, or {"kind": "own"} for the user's functions."""
    if isinstance(network, Named):
        kept = {f.name: getattr(network, f.name) for f in fields(network)}
        return {"kind": type(network).__name__.lower(), **kept}
    return {"kind": "own"}


def features_of(encoder: nn.Module, in_shape: tuple[int, ...]) -> int:
    """Width of an encoder's output, measured on one row of zeros."""
    training = encoder.training
    encoder.eval()
    with torch.no_grad():
        out = encoder(torch.zeros(1, *in_shape, dtype=torch.float32))
    encoder.train(training)
    if not isinstance(out, Tensor) or out.ndim != 2:
        raise InputError("The encoder must return one tensor, (batch, features).")
    return int(out.shape[1])


def _mlp_widths(shape: tuple[int, ...], preset: str) -> tuple[int, ...]:
    """Default widths: 64 for a few features, up to 512 for an image; twice that for "best", a quarter for "small"."""
    width = 64
    while width < 512 and width < 2 * math.prod(shape):
        width *= 2
    width = {"fast": width, "small": width // 4}.get(preset, 2 * width)
    return (width, width)


def _with(network: Named, options: dict[str, Any]) -> Network:
    known = {f.name: getattr(network, f.name) for f in fields(network)}
    for name, value in options.items():
        if name not in known:
            raise InputError(f"Network option {name!r} is not known: {nearest(name, known)}.")
        known[name] = tuple(value) if isinstance(value, list) else value
    for name in ("hidden", "blocks"):
        if isinstance(getattr(network, name, None), tuple) and isinstance(known[name], int):
            known[name] = (known[name],)
    made: Network = type(network)(**known)
    return made


def _module(made: Any, role: str) -> nn.Module:
    if not isinstance(made, nn.Module):
        raise InputError(f"The {role} function must return a torch.nn.Module, got a {type(made).__name__}.")
    return made
