"""The kinds of noise by name."""

from quintet.distributions.noise_models.additive import AdditiveNormal
from quintet.distributions.noise_models.base import CellValues, NoiseModel
from quintet.distributions.noise_models.replacement import Replacing, Untouched

NONE = "none"
"""The hypothesis that no cell was touched."""
NOISES = ("replacement", "salt_pepper", "masking", "normal")
"""The kinds of noise, "none" left out."""


def noise_model(name: str, cells: CellValues) -> NoiseModel:
    """The noise model called ``name``, one of ``NOISES`` or ``NONE``."""
    if name == NONE:
        return Untouched(cells=cells)
    return AdditiveNormal(cells=cells) if name == "normal" else Replacing(name, cells)
