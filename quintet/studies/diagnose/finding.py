"""A finding: a figure, what it means, and what to do, as a line that can be pasted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet import variants
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
    """A line of Python, for ``vae`` and the training rows ``X``; empty where nothing is wrong."""
    command: str = ""
    """The command that does the same, where there is one."""
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

    def anew(self, note: str = "", **changes: Any) -> dict[str, str]:
        """The lines that train it anew with what is given changed and all else as it was: ``cure`` and ``command``.

        Parameters
        ----------
        note : what else may be tried, said behind the line of Python.
        changes : parameters of the estimator, ``training__...`` among them.
        """
        said = ", ".join(f"{name}={value!r}" for name, value in changes.items())
        own = {"variant": self.variant, "latent_dim": self.vae.latent_dim_, **changes}
        variant, size = own.pop("variant"), own.pop("latent_dim")
        if variant == self.variant:
            kept = self.vae.fitted_.options["variant_options"]
            usual = variants.get(variant)().get_params()
            own = {name: value for name, value in kept.items() if usual.get(name, value) != value} | own
        words = ["quintet fit DATA --out MODEL", f"--variant {variant}", f"--latent-dim {size}"]
        for name, value in own.items():
            words.append(f"--set {name.removeprefix('training__')}={str(value).replace(' ', '')}")
        behind = f"  # {note}" if note else ""
        return {"cure": f"vae.set_params({said}).fit(X){behind}", "command": " ".join(words)}


def flat(rows: Array) -> Array:
    """(n, cells) of float32."""
    return np.asarray(rows, dtype=np.float32).reshape(len(rows), -1)
