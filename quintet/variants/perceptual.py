"""Structural similarity in place of the pixel error (Snell, Ridgeway, Liao, Roads, Mozer and Zemel, 2017)."""

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
    """The picture is learnt by MS-SSIM and the rate; p(x|z) about it, for the questions, by its spread alone.

    Parameters
    ----------
    weight : of 1 - MS-SSIM, in nats a cell.
    """

    summary: ClassVar[str] = "images by structural similarity (MS-SSIM) in place of the pixel error: structure kept"

    weight: float = 8.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.weight > 0:
            raise InputError(f"weight={self.weight} came; that of the similarity must be above 0 nats a cell.")
        if self.likelihood != "auto":
            raise InputError(
                f"likelihood={self.likelihood!r} came; variant='perceptual' makes its own about the picture: "
                "leave it 'auto'."
            )

    def refuses(self, schema: Schema) -> str | None:
        """Rows without height and width, and cells without a range."""
        if schema.is_image and schema.kind in ("image8", "unit", "binary"):
            return None
        what = f"images of kind {schema.kind!r}" if schema.is_image else "rows without height and width"
        return (
            f"variant='perceptual' compares pictures; {what} came: give images of whole numbers 0..255 or of numbers "
            "in 0..1, or take variant='vae'."
        )

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model, its picture trained first and its spread after, then its guide."""
        model = PerceptualModel(schema, latent_dim, network, self.components)
        guide, guiding = guide_stage(model)
        return Recipe(model, (picture_stage(model, self.weight, 0.65), spread_stage(model, 0.15), guiding), guide)
