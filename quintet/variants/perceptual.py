"""VAE of images trained on structural similarity (Snell, Ridgeway, Liao, Roads, Mozer and Zemel, 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.perceptual import PerceptualModel as PerceptualModel
from quintet.models.perceptual import picture_stage, spread_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Perceptual(Variant):
    """VAE whose decoded picture is trained on MS-SSIM and the rate, and whose p(x|z) is fitted about that picture.

    Parameters
    ----------
    weight : weight of 1 - MS-SSIM, in nats a cell.
    """

    summary: ClassVar[str] = "VAE of images trained on structural similarity (MS-SSIM) in place of the pixel error"

    weight: float = 8.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.weight > 0:
            raise InputError(f"weight must be above 0 nats a cell, got {self.weight}.")
        if self.likelihood != "auto":
            raise InputError(
                f"likelihood must be 'auto' for variant='perceptual', which has its own, got {self.likelihood!r}."
            )

    def refuses(self, schema: Schema) -> str | None:
        """Refuses rows that are no images and cells without a range."""
        if schema.is_image and schema.support.is_bounded:
            return None
        what = f"images of kind {schema.kind!r}" if schema.is_image else "rows without height and width"
        return (
            f"variant='perceptual' needs images of whole numbers 0..255 or of numbers in 0..1, got {what}: "
            "use variant='vae'."
        )

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model whose picture is trained before its spread, then the partial encoder."""
        model = PerceptualModel(schema, latent_dim, network, self.components)
        partial_encoder, last = guide_stage(model)
        return Recipe(
            model, (picture_stage(model, self.weight, 0.65), spread_stage(model, 0.15), last), partial_encoder
        )
