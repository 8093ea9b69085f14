"""What the first fit of a search, with the estimator's own options, amounted to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from quintet import variants
from quintet.training import Training


@dataclass(frozen=True)
class Defaults:
    """What the first fit, with the estimator's own options, amounted to."""

    variant: str
    variant_options: Mapping[str, Any]
    latent_dim: int
    network: Mapping[str, Any]
    training: Mapping[str, Any]
    cells: int

    @classmethod
    def of(cls, options: Mapping[str, Any], cells: int) -> Defaults:
        """The defaults from ``fitted_.options`` of a model of rows with so many cells."""
        named = ("variant", "variant_options", "latent_dim", "network", "training")
        return cls(**{name: options[name] for name in named}, cells=cells)

    def value(self, name: str, variant: str) -> Any:
        """The value of an option, by its full name, for a variant."""
        owner, _, option = name.rpartition("__")
        if owner == "training":
            return self.training.get(option, getattr(Training(), option))  # plans leave some defaults out
        if owner == "network":
            hidden = self.network.get("hidden")
            shape = {"width": hidden[0], "depth": len(hidden)} if isinstance(hidden, list | tuple) else {}
            return shape.get(option, self.network.get(option))
        if owner == "variant":
            own = {f.name: f.default for f in fields(variants.get(variant))}
            return {**own, **(self.variant_options if variant == self.variant else {})}.get(option)
        return {"variant": self.variant, "latent_dim": self.latent_dim}[option]
