"""The report: figures as functions that return Matplotlib figures, and an HTML page of all figures.

The package can be called as its function ``report``: ``from quintet import report; report(vae, X)``.
"""

import inspect
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quintet.report.build import report as report
    from quintet.report.figures.bits import bits_chart as bits_chart
    from quintet.report.figures.bits import packed_sizes as packed_sizes
    from quintet.report.figures.curves import guide_curve as guide_curve
    from quintet.report.figures.curves import kl_per_latent as kl_per_latent
    from quintet.report.figures.curves import learning_curves as learning_curves
    from quintet.report.figures.denoising import denoising_quality as denoising_quality
    from quintet.report.figures.denoising import noisy_against_denoised as noisy_against_denoised
    from quintet.report.figures.imputation import interval_plot as interval_plot
    from quintet.report.figures.imputation import masked_against_imputed as masked_against_imputed
    from quintet.report.figures.latents import label_map as label_map
    from quintet.report.figures.latents import latent_pca as latent_pca
    from quintet.report.figures.latents import normal_and_strange as normal_and_strange
    from quintet.report.figures.overview import answers_picture as answers_picture
    from quintet.report.figures.palettes import palette_names as palette_names
    from quintet.report.figures.roc import auroc_between as auroc_between
    from quintet.report.figures.roc import roc_curves as roc_curves
    from quintet.report.figures.samples import by_condition as by_condition
    from quintet.report.figures.samples import latent_grid as latent_grid
    from quintet.report.figures.samples import morphing as morphing
    from quintet.report.figures.samples import prior_samples as prior_samples
    from quintet.report.figures.samples import reconstructions as reconstructions
    from quintet.report.figures.samples import traversals as traversals
    from quintet.report.figures.surprise import differences as differences
    from quintet.report.figures.surprise import named_rows as named_rows
    from quintet.report.figures.surprise import score_histogram as score_histogram
    from quintet.report.figures.surprise import strangest as strangest
    from quintet.report.page import Answer as Answer

_HOME = {
    "bits_chart": "figures.bits",
    "packed_sizes": "figures.bits",
    "report": "build",
    "guide_curve": "figures.curves",
    "kl_per_latent": "figures.curves",
    "learning_curves": "figures.curves",
    "denoising_quality": "figures.denoising",
    "noisy_against_denoised": "figures.denoising",
    "interval_plot": "figures.imputation",
    "masked_against_imputed": "figures.imputation",
    "label_map": "figures.latents",
    "latent_pca": "figures.latents",
    "normal_and_strange": "figures.latents",
    "answers_picture": "figures.overview",
    "Answer": "page",
    "palette_names": "figures.palettes",
    "by_condition": "figures.samples",
    "latent_grid": "figures.samples",
    "morphing": "figures.samples",
    "prior_samples": "figures.samples",
    "reconstructions": "figures.samples",
    "traversals": "figures.samples",
    "differences": "figures.surprise",
    "named_rows": "figures.surprise",
    "roc_curves": "figures.roc",
    "auroc_between": "figures.roc",
    "score_histogram": "figures.surprise",
    "strangest": "figures.surprise",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name == "auroc":
        from quintet.errors import warn

        warn("quintet.report.auroc is now quintet.report.auroc_between.", DeprecationWarning)
        name = "auroc_between"
    if name not in _HOME:
        raise AttributeError(f"module 'quintet.report' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


class _CallableReport(ModuleType):
    """The type of this package; ``quintet.report`` is both the package and its function."""

    def __call__(self, *arguments: Any, **options: Any) -> Path:
        from quintet.report.build import report

        return report(*arguments, **options)

    @property
    def __signature__(self) -> inspect.Signature:
        from quintet.report.build import report

        return inspect.signature(report)


sys.modules[__name__].__class__ = _CallableReport
