"""Base class of all variants: the common options and the interface of a variant."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.option_types import check_option_types
from quintet.models.recipe import Recipe
from quintet.networks import Likelihood, Network, choose_likelihood, known_likelihoods
from quintet.networks.joint_head import joint


@dataclass(frozen=True)
class Variant(ABC):
    """Options of a variant, and ``build``, which makes its recipe.

    Parameters
    ----------
    likelihood : "auto", or one that fits the kind of data: see ``quintet.networks.heads.ALLOWED``.
    components : components of the logistic mixture, for 8-bit data.
    """

    summary: ClassVar[str] = ""
    """One-line description, for the list of variants."""
    answers: ClassVar[dict[str, str]] = {}
    """Task -> one sentence why this variant cannot do it; empty: it can do all tasks."""
    conditional: ClassVar[bool] = False
    """Whether ``fit`` takes y as a condition."""
    unlabelled: ClassVar[Any] = None
    """The value of y that marks an unlabelled row, for semi-supervised variants; None for the others."""
    images_by: ClassVar[dict[str, Any]] = {}
    """Options that are required for images, such as how a sequence model reads them, with an example value."""

    likelihood: str = "auto"
    components: int = 2

    def __post_init__(self) -> None:
        check_option_types(self)
        if self.components < 1:
            raise InputError(f"components must be at least 1, got {self.components}.")
        if self.likelihood not in (known := {"auto", *known_likelihoods()}):
            raise InputError(f"likelihood={self.likelihood!r} is not known: {nearest(self.likelihood, known)}.")

    @abstractmethod
    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """The model and its training stages."""

    def refuses(self, schema: Schema) -> str | None:
        """One sentence with the cure if this variant cannot model such rows; None if it can."""
        return None

    def arranged(self, rows: Rows) -> Rows:
        """The training rows, some of them repeated if the variant needs that."""
        return rows

    def likelihood_of(self, schema: Schema) -> Likelihood:
        """The likelihood of the decoder for these rows."""
        if not schema.columns:
            return choose_likelihood(self.likelihood, schema.kind, schema.levels, self.components)
        numbers = choose_likelihood(self.likelihood, "real", components=self.components)
        return joint(numbers, schema.codes, [column.open for column in schema.modelled])

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Options by name, as scikit-learn's parameter searches read them."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def set_params(self, **options: Any) -> Self:
        """A copy with changed options.

        Raises
        ------
        InputError
            If an option is unknown; the message names the most similar ones.
        """
        known = self.get_params()
        for name in options:
            if name not in known:
                raise InputError(f"Option {name!r} of {type(self).__name__} is not known: {nearest(name, known)}.")
        return replace(self, **options)
