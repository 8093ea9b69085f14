"""Maps between discrete latent vectors and sequences of symbols 0 .. size-1."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class SymbolCodec(nn.Module, ABC):
    """Map between vectors of ``latent_dim`` numbers and ``symbols`` symbols of ``size`` values each."""

    latent_dim: int
    symbols: int
    size: int

    @abstractmethod
    def nearest(self, z: Tensor) -> Tensor:
        """The symbols of the code nearest to any z, (..., latent_dim) -> (..., symbols) int64."""

    @abstractmethod
    def vectors(self, symbols: Tensor) -> Tensor:
        """The code vectors, (..., symbols) -> (..., latent_dim)."""

    @property
    @abstractmethod
    def blur(self) -> Tensor:
        """Typical distance of a z from its code in each coordinate, a scalar."""

    def project(self, z: Tensor) -> Tensor:
        """The code nearest to z, with the straight-through gradient (Bengio et al., 2013)."""
        code = self.vectors(self.nearest(z)).to(z.dtype)
        return code + (z - z.detach()) if z.requires_grad else code

    def bound(self, h: Tensor) -> Tensor:
        """Bounding map of the encoder's output before quantisation."""
        return h

    def learn(self, h: Tensor, symbols: Tensor, uniform: Tensor) -> None:
        """Update the codes from a batch of encodings, (batch, latent_dim), and their symbols.

        ``uniform`` (symbols, size) are random numbers in 0..1.
        """


class OneHotSymbols(SymbolCodec):
    """Concatenated one-hot vectors: ``variables`` of ``classes`` coordinates each."""

    def __init__(self, variables: int, classes: int) -> None:
        super().__init__()
        self.latent_dim, self.symbols, self.size = variables * classes, variables, classes

    def nearest(self, z: Tensor) -> Tensor:
        """Index of the largest coordinate of each variable."""
        return z.reshape(*z.shape[:-1], self.symbols, self.size).argmax(-1)

    def vectors(self, symbols: Tensor) -> Tensor:
        """The concatenated one-hot vectors."""
        return nn.functional.one_hot(symbols, self.size).flatten(-2).to(torch.float32)

    @property
    def blur(self) -> Tensor:
        """A fifth of the distance between 0 and 1."""
        return torch.tensor(0.2, dtype=torch.float32)


class Scalar(SymbolCodec):
    """Finite scalar quantisation: each coordinate is rounded to ``size`` equal steps of -1..1 (Mentzer et al., 2024).

    It has no learnt codes.
    """

    def __init__(self, latent_dim: int, size: int) -> None:
        super().__init__()
        self.latent_dim, self.symbols, self.size = latent_dim, latent_dim, size

    def bound(self, h: Tensor) -> Tensor:
        """tanh, into -1..1."""
        return torch.tanh(h)

    def nearest(self, z: Tensor) -> Tensor:
        """Index of the nearest step."""
        return ((z.clamp(-1, 1) + 1) * ((self.size - 1) / 2)).round().long()

    def vectors(self, symbols: Tensor) -> Tensor:
        """The values of the steps."""
        return symbols.to(torch.float32) * (2 / (self.size - 1)) - 1

    @property
    def blur(self) -> Tensor:
        """Standard deviation of a uniform error of one step."""
        return torch.tensor(2 / (self.size - 1) / 12**0.5, dtype=torch.float32)


class Maps(SymbolCodec):
    """Concatenation of several codecs with equal ``size``; the first is the top map of a hierarchy."""

    def __init__(self, *parts: SymbolCodec) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.latent_dim = sum(part.latent_dim for part in parts)
        self.symbols, self.size = sum(part.symbols for part in parts), parts[0].size

    @property
    def codecs(self) -> list[SymbolCodec]:
        """The parts, from the top down."""
        return [part for part in self.parts if isinstance(part, SymbolCodec)]

    def nearest(self, z: Tensor) -> Tensor:
        """Symbols of each part, concatenated."""
        pieces = torch.split(z, [c.latent_dim for c in self.codecs], dim=-1)
        return torch.cat([c.nearest(piece) for c, piece in zip(self.codecs, pieces, strict=True)], dim=-1)

    def vectors(self, symbols: Tensor) -> Tensor:
        """Vectors of each part, concatenated."""
        pieces = torch.split(symbols, [c.symbols for c in self.codecs], dim=-1)
        return torch.cat([c.vectors(piece) for c, piece in zip(self.codecs, pieces, strict=True)], dim=-1)

    @property
    def blur(self) -> Tensor:
        """Mean over the parts."""
        return torch.stack([c.blur for c in self.codecs]).mean()
