"""Train one variational autoencoder on your data, then ask it five questions.

Compress, generate, denoise, detect, impute: all five are queries to the same joint distribution p(x, z).

The names are loaded when they are first used, so that ``import quintet`` and ``quintet --help`` cost nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from quintet._version import __version__

if TYPE_CHECKING:
    from quintet.data.patches.pictures import cut_patches
    from quintet.estimators import VAE, Classifier, Imputer, Patchwork, Translator, load

__all__ = ["VAE", "Classifier", "Imputer", "Patchwork", "Translator", "__version__", "cut_patches", "load"]


def __getattr__(name: str) -> Any:
    if name == "cut_patches":
        return import_module("quintet.data.patches.pictures").cut_patches
    if name in ("VAE", "Classifier", "Imputer", "Patchwork", "Translator", "load"):
        return getattr(import_module("quintet.estimators"), name)
    raise AttributeError(f"module 'quintet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
