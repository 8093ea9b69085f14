"""A finding: a figure, what it means, and what to do, as a line that can be pasted."""

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
    """A trained model and the rows it is judged on.

    Parameters
    ----------
    held, labels : (n, *row_shape) rows that did not train it, NaN where a cell is missing, and their labels (n,).
    train, train_labels : rows that trained it, and their labels; None: not known.
    calibrates : (n,) True for the rows of ``held`` that calibrate its p-values.
    size : the number of latents that the diagnosis advises; None: as many as there are.
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
        own = {"variant": self.variant, "latent_dim": self.size or self.vae.latent_dim_, **changes}
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

    def comparable(self, rows: Array) -> Array:
        """Rows as vectors (n, cells) of float32 whose distances mean something: holes hold the held-out rows' means."""
        from sklearn.impute import SimpleImputer

        vectors = flat(rows)
        if not np.isnan(vectors).any():
            return vectors
        means = SimpleImputer(keep_empty_features=True).fit(flat(self.held))
        return np.asarray(means.transform(vectors), dtype=np.float32)

    def with_holes(self, new: Array) -> Array:
        """New rows that miss the cells which held-out rows miss, so that both compare alike."""
        holes = np.isnan(self.held) if self.held.dtype.kind == "f" else np.zeros((1, *new.shape[1:]), dtype=bool)
        return np.where(np.resize(holes, new.shape), np.nan, new) if holes.any() else new


def flat(rows: Array) -> Array:
    """(n, cells) of float32."""
    return np.asarray(rows, dtype=np.float32).reshape(len(rows), -1)
