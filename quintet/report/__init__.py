"""Figures as functions that return Matplotlib figures, and the HTML page that shows them all."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quintet.report.bits import bits_chart as bits_chart
    from quintet.report.bits import packed_sizes as packed_sizes
    from quintet.report.build import report as report
    from quintet.report.curves import guide_curve as guide_curve
    from quintet.report.curves import kl_per_latent as kl_per_latent
    from quintet.report.curves import learning_curves as learning_curves
    from quintet.report.denoising import denoising_quality as denoising_quality
    from quintet.report.denoising import noisy_against_denoised as noisy_against_denoised
    from quintet.report.imputation import interval_plot as interval_plot
    from quintet.report.imputation import masked_against_imputed as masked_against_imputed
    from quintet.report.latents import label_map as label_map
    from quintet.report.latents import latent_pca as latent_pca
    from quintet.report.latents import normal_and_strange as normal_and_strange
    from quintet.report.overview import answers_picture as answers_picture
    from quintet.report.page import Answer as Answer
    from quintet.report.palettes import palette_names as palette_names
    from quintet.report.roc import auroc as auroc
    from quintet.report.roc import roc_curves as roc_curves
    from quintet.report.samples import by_condition as by_condition
    from quintet.report.samples import latent_grid as latent_grid
    from quintet.report.samples import morphing as morphing
    from quintet.report.samples import prior_samples as prior_samples
    from quintet.report.samples import reconstructions as reconstructions
    from quintet.report.samples import traversals as traversals
    from quintet.report.surprise import differences as differences
    from quintet.report.surprise import named_rows as named_rows
    from quintet.report.surprise import score_histogram as score_histogram
    from quintet.report.surprise import strangest as strangest

_HOME = {
    "bits_chart": "bits",
    "packed_sizes": "bits",
    "report": "build",
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
    "answers_picture": "overview",
    "Answer": "page",
    "palette_names": "palettes",
    "by_condition": "samples",
    "latent_grid": "samples",
    "morphing": "samples",
    "prior_samples": "samples",
    "reconstructions": "samples",
    "traversals": "samples",
    "differences": "surprise",
    "named_rows": "surprise",
    "roc_curves": "roc",
    "auroc": "roc",
    "score_histogram": "surprise",
    "strangest": "surprise",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'quintet.report' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
