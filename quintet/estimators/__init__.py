"""The public classes, by scikit-learn's contract."""

from quintet.estimators.imputer import Imputer
from quintet.estimators.vae import VAE, load

__all__ = ["VAE", "Imputer", "load"]
