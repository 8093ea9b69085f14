"""Train one variational autoencoder on your data, then ask it five questions.

Compress, generate, denoise, detect, impute: all five are queries to the same joint distribution p(x, z).

The names are loaded when they are first used, so that ``import quintet`` and ``quintet --help`` cost nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quintet.estimators import VAE, Classifier, Imputer, Translator, load

__version__ = "0.1.0"
__all__ = ["VAE", "Classifier", "Imputer", "Translator", "__version__", "load"]


def __getattr__(name: str) -> Any:
    if name in ("VAE", "Classifier", "Imputer", "Translator", "load"):
        return getattr(import_module("quintet.estimators"), name)
    raise AttributeError(f"module 'quintet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
