"""Findings of a diagnosis, and the model and rows that are diagnosed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet import variants
from quintet.data.dataset import Rows

if TYPE_CHECKING:
    from quintet.estimators import VAE

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Finding:
    """A finding: figure, meaning, and remedy."""

    name: str
    healthy: bool
    figure: str
    meaning: str
    cure: str = ""
    """A line of Python for ``vae`` and the training rows ``X``; empty for healthy findings."""
    command: str = ""
    """The equivalent command; empty if there is none."""
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Patient:
    """A trained model and the rows that it is evaluated on.

    Parameters
    ----------
    held, labels : (n, *row_shape) held-out rows with NaN in missing cells, and their labels (n,).
    train, train_labels : training rows and their labels; None if unknown.
    calibrates : (n,), True for the rows of ``held`` that calibrate the p-values.
    size : the recommended latent dimension; None for the current one.
    """

    vae: VAE
    held: Array
    labels: Array | None = None
    train: Array | None = None
    seed: int = 0
    train_labels: Array | None = None
    calibrates: Array | None = None
    size: int | None = None

    @property
    def variant(self) -> str:
        """The name of the model's variant."""
        return str(self.vae.fitted_.options["variant"])

    @property
    def training(self) -> dict[str, Any]:
        """The training plan of the model."""
        plan: dict[str, Any] = self.vae.fitted_.options["training"]
        return plan

    def rows(self, array: Array, labels: Array | None = None) -> Rows:
        """Convert rows to the model's units, with labels for a conditional model."""
        schema = self.vae.fitted_.schema
        return Rows.of(array, schema, labels if schema.condition is not None else None)

    def anew(self, note: str = "", **changes: Any) -> dict[str, str]:
        """The lines, ``cure`` and ``command``, that train the model again with ``changes``.

        Parameters
        ----------
        note : an alternative, as a comment behind the line of Python.
        changes : parameters of the estimator, including ``training__...``.
        """
        settings = ", ".join(f"{name}={value!r}" for name, value in changes.items())
        own = {"variant": self.variant, "latent_dim": self.size or self.vae.latent_dim_, **changes}
        variant, size = own.pop("variant"), own.pop("latent_dim")
        if variant == self.variant:
            options = self.vae.fitted_.options["variant_options"]
            usual = variants.get(variant)().get_params()
            own = {name: value for name, value in options.items() if usual.get(name, value) != value} | own
        words = ["quintet fit DATA --out MODEL", f"--variant {variant}", f"--latent-dim {size}"]
        for name, value in own.items():
            words.append(f"--set {name.removeprefix('training__')}={str(value).replace(' ', '')}")
        behind = f"  # {note}" if note else ""
        return {"cure": f"vae.set_params({settings}).fit(X){behind}", "command": " ".join(words)}

    def comparable(self, rows: Array) -> Array:
        """Rows as vectors (n, cells) of float32 for distances, with the held-out means in missing cells."""
        from sklearn.impute import SimpleImputer

        vectors = flat(rows)
        if not np.isnan(vectors).any():
            return vectors
        means = SimpleImputer(keep_empty_features=True).fit(flat(self.held))
        return np.asarray(means.transform(vectors), dtype=np.float32)

    def with_holes(self, new: Array) -> Array:
        """Apply the masks of the held-out rows to new rows, so that both are comparable."""
        holes = np.isnan(self.held) if self.held.dtype.kind == "f" else np.zeros((1, *new.shape[1:]), dtype=bool)
        return np.where(np.resize(holes, new.shape), np.nan, new) if holes.any() else new


def flat(rows: Array) -> Array:
    """(n, cells) of float32."""
    return np.asarray(rows, dtype=np.float32).reshape(len(rows), -1)
