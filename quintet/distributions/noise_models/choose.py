"""Noise models by name."""

from quintet.distributions.noise_models.additive import AdditiveNormal
from quintet.distributions.noise_models.base import CellValues, NoiseModel
from quintet.distributions.noise_models.replacement import Replacing, Untouched

NONE = "none"
"""Name of the hypothesis that no cell is corrupted."""
NOISES = ("replacement", "salt_pepper", "masking", "normal")
"""Names of the kinds of noise, without "none"."""


def noise_model(name: str, cells: CellValues) -> NoiseModel:
    """The noise model called ``name``, one of ``NOISES`` or ``NONE``."""
    if name == NONE:
        return Untouched(cells=cells)
    return AdditiveNormal(cells=cells) if name == "normal" else Replacing(name, cells)
