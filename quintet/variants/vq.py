"""The vector-quantised VAE (van den Oord et al., 2017; Razavi et al., 2019), with finite scalar quantisation."""

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
    """A row is a short sequence of symbols; a small network learns their probabilities, one after the other.

    Parameters
    ----------
    codes : size of the codebook, or steps of a coordinate for "scalar"; None: 64, or 8.
    width : latents that one code covers, a divisor of latent_dim; None: up to 4, with at least 4 codes a row.
    levels : codes that are added up for each place, each for what those before it left over.
    quantiser : "codebook", learnt, or "scalar": each coordinate rounded to equal steps.
    hierarchical : two maps: a quarter of the codes on top, which the encoder of the others sees.
    commitment : nats for a squared distance of 1 between the encoder's numbers and their code.
    decay : of the moving averages that are the codes.
    """

    summary: ClassVar[str] = "latents from a learnt codebook (or rounded), under a prior that learns the codes' order"

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
                raise InputError(f"{name}={value} came; it must be at least {least}.")
        if self.quantiser == "scalar" and (self.levels > 1 or self.width not in (None, 1)):
            raise InputError("levels and width belong to quantiser='codebook'; for 'scalar' choose codes, its steps.")
        if not self.commitment >= 0:
            raise InputError(f"commitment={self.commitment} came; the weight must be at least 0.")
        if not 0 <= self.decay < 1:
            raise InputError(f"decay={self.decay} came; allowed is 0 up to, not including, 1.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """Encoder, codes and decoder first, then the prior over the codes, then the guide."""
        width = self._width(latent_dim)
        places = latent_dim // width
        if self.hierarchical and places < 2:
            raise InputError(
                f"hierarchical=True needs two codes a row at least; latent_dim={latent_dim} with width={width} gives "
                f"one: take latent_dim={2 * width} or more."
            )
        top = max(1, places // 4)
        maps = (top, places - top) if self.hierarchical else (places,)
        model = Quantised(
            schema, Maps(*(self._codec(n, width) for n in maps)), network, self.likelihood_of(schema), self.commitment
        )
        guide, guiding = guide_stage(model)
        most = self.codes if self.quantiser == "codebook" else None
        return Recipe(model, (*code_stages(model, most), guiding), guide)

    def _width(self, latent_dim: int) -> int:
        if self.quantiser == "scalar":
            return 1
        divisors = [w for w in range(1, latent_dim + 1) if latent_dim % w == 0]
        if self.width is None:
            return max(w for w in divisors if w == 1 or (w <= 4 and latent_dim // w >= 4))
        if self.width not in divisors:
            allowed = ", ".join(map(str, divisors))
            raise InputError(f"width={self.width} does not divide latent_dim={latent_dim}: allowed are {allowed}.")
        return self.width

    def _codec(self, places: int, width: int) -> SymbolCodec:
        size = self.codes or QUANTISERS[self.quantiser]
        if self.quantiser == "scalar":
            return Scalar(places, size)
        return Codebook(places, width, size, self.levels, self.decay)
