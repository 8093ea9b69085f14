"""Translation of degraded ("old") rows to clean ones through their latents (Wan et al., 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.joint_stage import loss_of
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import OptimizerGroup, Recipe, Stage
from quintet.models.translation.degradation import KINDS, degrade, kind_for
from quintet.models.translation.model import Pairs, TranslationModel, stages_of
from quintet.models.variant import Variant
from quintet.networks import Network
from quintet.noise import Noise


@dataclass(frozen=True)
class Translate(Variant):
    """Translation model trained on clean rows and synthetic old ones; ``Translator`` adds real old rows.

    Parameters
    ----------
    degradation : "scratches" (and fading, for 8-bit images), "masking" noise, or "auto": "scratches" for 8-bit images,
        otherwise "masking".
    adversary : weight of the adversarial losses, in nats a latent.
    r1 : weight of the critics' R1 gradient penalty.
    """

    summary: ClassVar[str] = (
        "two VAEs and a mapping between their latents, from degraded rows to clean ones; see Translator"
    )

    degradation: str = "auto"
    adversary: float = 0.1
    r1: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.degradation not in KINDS:
            raise InputError(f"degradation={self.degradation!r} is not known: {nearest(str(self.degradation), KINDS)}.")
        for name in ("adversary", "r1"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} must be at least 0, got {getattr(self, name)}.")

    def refuses(self, schema: Schema) -> str | None:
        """Refuses scratches on rows that are not 8-bit images."""
        if self.degradation == "scratches" and kind_for(schema, "auto") != "scratches":
            return "degradation='scratches' needs 8-bit images: use degradation='masking'."
        return None

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """The clean model on the ELBO, the old model and the mapping on pairs, then the partial encoder."""
        model = TranslationModel(schema, latent_dim, network, self.likelihood_of(schema))

        def made(batch: Batch, noise: Noise) -> Pairs:
            return Pairs(degrade(schema, batch.x, noise, self.degradation), batch)

        clean = Stage("joint", (OptimizerGroup("model", model.clean, loss_of(model, ELBO())),), 0.8)
        partial_encoder, last = guide_stage(model)
        return Recipe(
            model, (clean, *stages_of(model, made, self.adversary, self.r1, real=False), last), partial_encoder
        )
