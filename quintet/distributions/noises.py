"""The kinds of noise by name."""

from quintet.distributions.additive import AdditiveNormal
from quintet.distributions.corrupted import Cells, NoiseModel
from quintet.distributions.replacing import Replacing, Untouched

NONE = "none"
"""The hypothesis that no cell was touched."""
NOISES = ("replacement", "salt_pepper", "masking", "normal")
"""The kinds of noise, "none" left out."""


def noise_model(name: str, cells: Cells) -> NoiseModel:
    """The noise model called ``name``, one of ``NOISES`` or ``NONE``."""
    if name == NONE:
        return Untouched(cells=cells)
    return AdditiveNormal(cells=cells) if name == "normal" else Replacing(name, cells)
