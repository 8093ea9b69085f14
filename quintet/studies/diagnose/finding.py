"""A finding: a figure, what it means, and what to do, as a line that can be pasted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.data.rows import Rows

if TYPE_CHECKING:
    from quintet.estimators import VAE

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    healthy: bool
    figure: str
    meaning: str
    cure: str = ""
    """A line of Python or of the command; empty where nothing is wrong."""
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Patient:
    """A trained model and the rows it is judged on."""

    vae: VAE
    held: Array
    labels: Array | None = None
    train: Array | None = None
    seed: int = 0

    @property
    def variant(self) -> str:
        """The name of its variant."""
        return str(self.vae.fitted_.options["variant"])

    @property
    def training(self) -> dict[str, Any]:
        """The plan it was trained by."""
        plan: dict[str, Any] = self.vae.fitted_.options["training"]
        return plan

    def rows(self, array: Array, labels: Array | None = None) -> Rows:
        """Rows in the model's units, with their labels for a conditional model."""
        schema = self.vae.fitted_.schema
        return Rows.of(array, schema, labels if schema.condition is not None else None)

    def plan(self, **changes: Any) -> str:
        """The line that trains it anew with other options of the training plan."""
        said = ", ".join(f"{name!r}: {value!r}" for name, value in changes.items())
        return f"VAE({self.variant!r}, training={{{said}}}).fit(X)"


def flat(rows: Array) -> Array:
    """(n, cells) of float32."""
    return np.asarray(rows, dtype=np.float32).reshape(len(rows), -1)
