"""Settings of a study, and its training runs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from quintet import variants
from quintet.arguments import Count, CountOrZero, HeldOut, NotNegative, Positive
from quintet.arguments.checking import hold_fields
from quintet.arguments.rules import Whole
from quintet.errors import InputError, nearest

LatentCount = Annotated[int, Whole(1, 65_536)]
Seeds = Annotated[int, Whole(1, 1_000)]
MIDDLE = 20
"""The preferred latent dimension of all results other than the sweep."""


@dataclass(frozen=True)
class Run:
    """One training run: a variant, a latent dimension, a seed, and the reconstruction term."""

    variant: str
    latent_dim: int
    seed: int = 0
    likelihood: str = "mse"

    @property
    def name(self) -> str:
        """The name of its files."""
        return f"{self.variant}-{self.latent_dim}-{self.likelihood}-seed{self.seed}"


@dataclass(frozen=True)
class Study:
    """The settings of a study.

    The defaults are common in tutorials on AE, VAE and CVAE for MNIST: linear layers with ReLU, squared error on cells
    in 0..1, AdamW with a learning rate of 0.001, batches of 1024, 10 % of the rows for validation.

    Parameters
    ----------
    variants : names of variants.
    latent_dims : latent dimensions.
    seeds : training runs per variant and latent dimension, with seeds 0 .. seeds-1.
    epochs : epochs of each run.
    minutes : time limit of the whole study, shared among the remaining runs.
    rows : largest number of training rows; 0: all.
    hidden : widths of the encoder's hidden layers; the decoder has them in reverse.
    answers : whether to also train each variant with ``VAE`` and evaluate the five questions (grey 8-bit images only).
    """

    variants: tuple[str, ...] = ("ae", "vae", "cvae")
    latent_dims: tuple[LatentCount, ...] = (2, 5, 10, 20, 50, 100)
    seeds: Seeds = 1
    epochs: Count = 50
    minutes: Positive | None = None
    batch_size: Count = 1024
    learning_rate: Positive = 1e-3
    weight_decay: NotNegative = 0.01
    validation: HeldOut = 0.1
    hidden: tuple[Count, ...] = (512, 256)
    rows: CountOrZero = 0
    answers: bool = True

    def __post_init__(self) -> None:
        hold_fields(self)
        for name in self.variants:
            if name not in variants.names():
                raise InputError(f"variant {name!r} is not known: {nearest(name, variants.names())}.")
        if not self.variants or not self.latent_dims:
            raise InputError("variants and latent_dims must each hold at least one entry, got none.")

    @property
    def middle(self) -> int:
        """The latent dimension nearest to ``MIDDLE``."""
        return min(self.latent_dims, key=lambda size: (abs(size - MIDDLE), size))

    def runs(self) -> list[Run]:
        """All runs: first the middle latent dimension, then the others, then the runs with cross-entropy."""
        sizes = sorted(set(self.latent_dims), key=lambda size: (size != self.middle, size))
        runs = [Run(v, size, seed) for seed in range(self.seeds) for size in sizes for v in self.variants]
        terms = [Run(v, self.middle, 0, "bernoulli") for v in ("ae", "vae") if v in self.variants]
        return runs + terms

    def fingerprint(self, data: str) -> str:
        """A hash of the rows and of all settings that the result of a run depends on."""
        settings = {**asdict(self), "data": data}
        for name in ("variants", "latent_dims", "seeds", "answers", "minutes"):
            settings.pop(name)
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


PRESETS: dict[str, dict[str, Any]] = {
    "ae-vae-cvae": {},
    "vae-vs-gan": {"variants": ("vae", "gan"), "latent_dims": (20,), "seeds": 3, "epochs": 30},
}
"""Settings by name."""


def preset(name: str, **changes: Any) -> Study:
    """The preset ``name`` with ``changes`` to its settings."""
    if name not in PRESETS:
        raise InputError(f"preset={name!r} is not known: {nearest(name, PRESETS)}.")
    return replace(Study(**PRESETS[name]), **{key: value for key, value in changes.items() if value is not None})
