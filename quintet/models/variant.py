"""What every variant's options share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.option_types import hold_types
from quintet.models.recipe import Recipe
from quintet.networks import Likelihood, Network, choose_likelihood, known_likelihoods


@dataclass(frozen=True)
class Variant(ABC):
    """Options of a variant and how to build it.

    Parameters
    ----------
    likelihood : "auto", or one that fits the kind of data: see ``quintet.networks.heads.ALLOWED``.
    components : of the mixture, for 8-bit data.
    """

    summary: ClassVar[str] = ""
    """One line for people."""
    answers: ClassVar[dict[str, str]] = {}
    """Question -> the one-sentence reason why this variant cannot answer it; empty: it answers all."""
    conditional: ClassVar[bool] = False
    """Whether ``fit`` takes y as a condition."""
    unlabelled: ClassVar[Any] = None
    """The value of y that says that a row has no label, for a variant that learns from such rows too."""
    images_by: ClassVar[dict[str, Any]] = {}
    """Options without which it takes no images, such as how a sequence model reads them."""

    likelihood: str = "auto"
    components: int = 2

    def __post_init__(self) -> None:
        hold_types(self)
        if self.components < 1:
            raise InputError(f"components={self.components} came; a mixture has at least 1.")
        if self.likelihood not in (known := {"auto", *known_likelihoods()}):
            raise InputError(f"likelihood={self.likelihood!r} is not known: {nearest(self.likelihood, known)}.")

    @abstractmethod
    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """The model and the stages of its training."""

    def refuses(self, schema: Schema) -> str | None:
        """One sentence why rows like these cannot be taken, with the cure; None: they can."""
        return None

    def arranged(self, rows: Rows) -> Rows:
        """The rows that training goes through, where it wants some of them more often than others."""
        return rows

    def likelihood_of(self, schema: Schema) -> Likelihood:
        """The decoder's head for these rows."""
        return choose_likelihood(self.likelihood, schema.kind, schema.levels, self.components)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Options by name, as scikit-learn's searches read them."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def set_params(self, **options: Any) -> Self:
        """A copy with other options.

        Raises
        ------
        InputError
            Unknown option, with the nearest ones.
        """
        known = self.get_params()
        for name in options:
            if name not in known:
                raise InputError(f"Option {name!r} of {type(self).__name__} is not known: {nearest(name, known)}.")
        return replace(self, **options)
