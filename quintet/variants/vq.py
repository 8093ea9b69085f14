"""Vector-quantised VAE (van den Oord et al., 2017; Razavi et al., 2019), with finite scalar quantisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.discrete.codebook import Codebook
from quintet.models.discrete.quantised import Quantised, code_stages
from quintet.models.discrete.symbols import Maps, Scalar, SymbolCodec
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network

QUANTISERS = {"codebook": 64, "scalar": 8}


@dataclass(frozen=True)
class Vq(Variant):
    """VAE with quantised latents and a learnt autoregressive prior over the codes.

    Parameters
    ----------
    codes : size of the codebook (None: 64), or number of steps of a coordinate for "scalar" (None: 8).
    width : number of latents of one code, a divisor of latent_dim; None: up to 4, with at least 4 codes a row.
    levels : number of residual levels; the code of a position is the sum of one code of each level.
    quantiser : "codebook" (learnt), or "scalar" (each coordinate rounded to equal steps).
    hierarchical : two maps of codes: a quarter of the codes at the top, which the encoder of the others reads.
    commitment : loss in nats for a squared distance of 1 between the encoder's output and its code.
    decay : decay of the moving averages of the codes.
    """

    summary: ClassVar[str] = (
        "VAE with latents from a learnt codebook (or rounded), and an autoregressive prior over the codes"
    )

    codes: int | None = None
    width: int | None = None
    levels: int = 1
    quantiser: str = "codebook"
    hierarchical: bool = False
    commitment: float = 0.25
    decay: float = 0.99

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.quantiser not in QUANTISERS:
            raise InputError(f"quantiser={self.quantiser!r} is not known: {nearest(str(self.quantiser), QUANTISERS)}.")
        for name, least in (("codes", 2), ("width", 1), ("levels", 1)):
            if (value := getattr(self, name)) is not None and value < least:
                raise InputError(f"{name} must be at least {least}, got {value}.")
        if self.quantiser == "scalar" and (self.levels > 1 or self.width not in (None, 1)):
            raise InputError(
                "levels must be 1 and width 1 or None for quantiser='scalar': use quantiser='codebook', or set codes."
            )
        if not self.commitment >= 0:
            raise InputError(f"commitment must be at least 0, got {self.commitment}.")
        if not 0 <= self.decay < 1:
            raise InputError(f"decay must be at least 0 and below 1, got {self.decay}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """Encoder, codebook and decoder, then the prior over the codes, then the partial encoder."""
        width = self._width(latent_dim)
        places = latent_dim // width
        if self.hierarchical and places < 2:
            raise InputError(
                f"latent_dim must be at least {2 * width} for hierarchical=True with width={width}, got {latent_dim}."
            )
        top = max(1, places // 4)
        maps = (top, places - top) if self.hierarchical else (places,)
        model = Quantised(
            schema, Maps(*(self._codec(n, width) for n in maps)), network, self.likelihood_of(schema), self.commitment
        )
        partial_encoder, last = guide_stage(model)
        most = self.codes if self.quantiser == "codebook" else None
        return Recipe(model, (*code_stages(model, most), last), partial_encoder)

    def _width(self, latent_dim: int) -> int:
        if self.quantiser == "scalar":
            return 1
        divisors = [w for w in range(1, latent_dim + 1) if latent_dim % w == 0]
        if self.width is None:
            return max(w for w in divisors if w == 1 or (w <= 4 and latent_dim // w >= 4))
        if self.width not in divisors:
            allowed = ", ".join(map(str, divisors))
            raise InputError(f"width must be a divisor of latent_dim={latent_dim} ({allowed}), got {self.width}.")
        return self.width

    def _codec(self, places: int, width: int) -> SymbolCodec:
        size = self.codes or QUANTISERS[self.quantiser]
        if self.quantiser == "scalar":
            return Scalar(places, size)
        return Codebook(places, width, size, self.levels, self.decay)
