"""Variational autoencoders for five tasks: compress, generate, denoise, detect and impute.

All five are queries to the joint distribution p(x, z) of one model trained on your data.

The public names are imported on first use, so that ``import quintet`` and ``quintet --help`` are fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from quintet._version import __version__

if TYPE_CHECKING:
    from quintet.data.patches.pictures import cut_patches
    from quintet.estimators import VAE, Classifier, Imputer, Patchwork, PyodDetector, Translator, load

__all__ = [
    "VAE",
    "Classifier",
    "Imputer",
    "Patchwork",
    "PyodDetector",
    "Translator",
    "__version__",
    "cut_patches",
    "load",
]


def __getattr__(name: str) -> Any:
    if name == "cut_patches":
        return import_module("quintet.data.patches.pictures").cut_patches
    if name in ("VAE", "Classifier", "Imputer", "Patchwork", "PyodDetector", "Translator", "load"):
        return getattr(import_module("quintet.estimators"), name)
    raise AttributeError(f"module 'quintet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
