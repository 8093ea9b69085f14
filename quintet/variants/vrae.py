"""The variational recurrent autoencoder (Fabius and van Amersfoort, 2015), for series and tokens."""

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
    """One latent vector for a series; recurrent networks read and write it. Flat rows are read cell by cell.

    The network's ``{"kind": "recurrent", "hidden": 64, "cell": "gru"}`` is meant for it; of another network it takes
    the width of the first hidden layer.

    Parameters
    ----------
    steps : how images, or series of several numbers a step, are read: "rows", "columns", "pixels"; "auto": flat rows.
    teacher_forcing : the decoder is told the true steps before; z then carries what they do not say.
    word_dropout : share of these steps withheld in training, against a z that carries nothing (Bowman et al., 2016).
    """

    summary: ClassVar[str] = "recurrent encoder and decoder for series and tokens; teacher forcing, word dropout"
    images_by: ClassVar[dict[str, Any]] = {"steps": "rows"}

    steps: str = "auto"
    teacher_forcing: bool = False
    word_dropout: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps not in STEPS:
            raise InputError(f"steps={self.steps!r} is not known: {nearest(str(self.steps), STEPS)}.")
        if not 0 <= self.word_dropout <= 1:
            raise InputError(f"word_dropout={self.word_dropout} came; allowed is a share of the steps, 0 to 1.")

    def refuses(self, schema: Schema) -> str | None:
        """Images without a word on how they are read, and flat rows with one."""
        shape = "x".join(str(size) for size in schema.row_shape)
        if schema.is_image and self.steps == "auto":
            return (
                f"variant='vrae' reads a row step by step, and rows of {shape} have several ways to be read: "
                "say steps='rows' (a series of one step a row), 'columns' or 'pixels'."
            )
        if not schema.is_image and self.steps != "auto":
            return f"steps={self.steps!r} is for rows of two axes; rows of {shape} are read cell by cell: leave it out."
        return None

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model of recurrent networks, trained on the bound, then its guide."""
        recurrent, likelihood = self._recurrent(network), self.likelihood_of(schema)
        tokens = likelihood.name == "categorical"
        model = (
            TeacherForced(schema, latent_dim, recurrent, likelihood, tokens, self.word_dropout)
            if self.teacher_forcing
            else SequenceModel(schema, latent_dim, recurrent, likelihood, tokens)
        )
        guide, guiding = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), guiding), guide)

    def _recurrent(self, network: Network) -> Recurrent:
        """The recurrent network, from one of another kind by its first width."""
        if isinstance(network, Recurrent):
            return replace(network, steps=self.steps)
        if isinstance(network, Mlp):
            return Recurrent(network.hidden[0], dropout=network.dropout, steps=self.steps)
        if isinstance(network, Conv):
            return Recurrent(network.features, dropout=network.dropout, steps=self.steps)
        raise InputError(
            "variant='vrae' makes its networks itself; functions of your own came: give network={'kind': 'recurrent'}."
        )
