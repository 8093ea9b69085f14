"""Figures as functions that return Matplotlib figures, and the HTML page that shows them all."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bits import bits_chart as bits_chart
    from .bits import packed_sizes as packed_sizes
    from .curves import guide_curve as guide_curve
    from .curves import kl_per_latent as kl_per_latent
    from .curves import learning_curves as learning_curves
    from .denoising import denoising_quality as denoising_quality
    from .denoising import noisy_against_denoised as noisy_against_denoised
    from .imputation import interval_plot as interval_plot
    from .imputation import masked_against_imputed as masked_against_imputed
    from .latents import label_map as label_map
    from .latents import latent_pca as latent_pca
    from .latents import normal_and_strange as normal_and_strange
    from .palettes import palette_names as palette_names
    from .samples import latent_grid as latent_grid
    from .samples import morphing as morphing
    from .samples import prior_samples as prior_samples
    from .samples import reconstructions as reconstructions
    from .samples import traversals as traversals
    from .surprise import differences as differences
    from .surprise import named_rows as named_rows
    from .surprise import roc_curves as roc_curves
    from .surprise import score_histogram as score_histogram
    from .surprise import strangest as strangest

_HOME = {
    "bits_chart": "bits",
    "packed_sizes": "bits",
    "guide_curve": "curves",
    "kl_per_latent": "curves",
    "learning_curves": "curves",
    "denoising_quality": "denoising",
    "noisy_against_denoised": "denoising",
    "interval_plot": "imputation",
    "masked_against_imputed": "imputation",
    "label_map": "latents",
    "latent_pca": "latents",
    "normal_and_strange": "latents",
    "palette_names": "palettes",
    "latent_grid": "samples",
    "morphing": "samples",
    "prior_samples": "samples",
    "reconstructions": "samples",
    "traversals": "samples",
    "differences": "surprise",
    "named_rows": "surprise",
    "roc_curves": "surprise",
    "score_histogram": "surprise",
    "strangest": "surprise",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'quintet.report' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
