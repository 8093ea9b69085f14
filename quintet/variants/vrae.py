"""Variational recurrent autoencoder (Fabius and van Amersfoort, 2015), for series and tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.sequence import SequenceModel, TeacherForced
from quintet.models.variant import Variant
from quintet.networks import Conv, Mlp, Network
from quintet.networks.recurrent import STEPS, Recurrent


@dataclass(frozen=True)
class Vrae(Variant):
    """Sequence VAE with recurrent encoder and decoder and one latent vector for a series.

    Flat rows are read cell by cell. Its network is ``{"kind": "recurrent", "hidden": 64, "cell": "gru"}``; of any other
    network it uses the width of the first hidden layer.

    Parameters
    ----------
    steps : steps of images, or of series with several numbers a step: "rows", "columns", "pixels"; "auto": flat rows.
    teacher_forcing : the decoder reads the true previous steps.
    word_dropout : share of the previous steps withheld in training, against posterior collapse (Bowman et al., 2016).
    """

    summary: ClassVar[str] = (
        "sequence VAE with recurrent encoder and decoder, for series and tokens; optional teacher forcing"
    )
    images_by: ClassVar[dict[str, Any]] = {"steps": "rows"}

    steps: str = "auto"
    teacher_forcing: bool = False
    word_dropout: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps not in STEPS:
            raise InputError(f"steps={self.steps!r} is not known: {nearest(str(self.steps), STEPS)}.")
        if not 0 <= self.word_dropout <= 1:
            raise InputError(f"word_dropout must be in 0..1, got {self.word_dropout}.")

    def refuses(self, schema: Schema) -> str | None:
        """Refuses images with steps="auto", flat rows with any other ``steps``, and teacher forcing of columns."""
        if schema.columns and self.teacher_forcing:
            return (
                "teacher_forcing must be False for columns of a table, which are no sequence, got True: give an array, "
                "or kind='real', where columns of numbers are steps."
            )
        shape = "x".join(str(size) for size in schema.row_shape)
        if schema.is_image and self.steps == "auto":
            return (
                f"steps must be 'rows' (one step for each row of a series), 'columns' or 'pixels' for rows of "
                f"{shape}, got 'auto'."
            )
        if not schema.is_image and self.steps != "auto":
            return f"steps must be 'auto' for flat rows of {shape}, got {self.steps!r}: leave it out."
        return None

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A sequence model trained on the ELBO, then the partial encoder."""
        recurrent, likelihood = self._recurrent(network), self.likelihood_of(schema)
        tokens = likelihood.name == "categorical"
        model = (
            TeacherForced(schema, latent_dim, recurrent, likelihood, tokens, self.word_dropout)
            if self.teacher_forcing
            else SequenceModel(schema, latent_dim, recurrent, likelihood, tokens)
        )
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), last), partial_encoder)

    def _recurrent(self, network: Network) -> Recurrent:
        """The recurrent network; one of another kind gives its first width."""
        if isinstance(network, Recurrent):
            return replace(network, steps=self.steps)
        if isinstance(network, Mlp):
            return Recurrent(network.hidden[0], dropout=network.dropout, steps=self.steps)
        if isinstance(network, Conv):
            return Recurrent(network.features, dropout=network.dropout, steps=self.steps)
        raise InputError(
            "network must be recurrent for variant='vrae', got custom functions: give network={'kind': 'recurrent'}."
        )
