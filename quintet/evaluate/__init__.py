"""Metrics, each with its definition and source."""

from quintet.evaluate.coverage import coverage, pit
from quintet.evaluate.detection import auroc
from quintet.evaluate.disentangle import disentanglement, mig, modularity, sap
from quintet.evaluate.factor_importance import dci
from quintet.evaluate.features import frechet_distance
from quintet.evaluate.latents import active_units, rate_per_latent
from quintet.evaluate.likelihood import bits_per_dimension
from quintet.evaluate.pooling import pool
from quintet.evaluate.privacy import Privacy, privacy
from quintet.evaluate.reconstruction import mse, psnr
from quintet.evaluate.strokes import slant, thickness
from quintet.evaluate.summary import evaluate

__all__ = [
    "Privacy",
    "active_units",
    "auroc",
    "bits_per_dimension",
    "coverage",
    "dci",
    "disentanglement",
    "evaluate",
    "frechet_distance",
    "mig",
    "modularity",
    "mse",
    "pit",
    "pool",
    "privacy",
    "psnr",
    "rate_per_latent",
    "sap",
    "slant",
    "thickness",
]
