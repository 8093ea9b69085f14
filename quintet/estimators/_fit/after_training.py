"""What the answers need of the rows beside the weights: measured after training, kept in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from quintet import variants
from quintet.artifacts.table import Artifacts
from quintet.estimators._input.holdout import Split
from quintet.inference.chunks import RowProgress
from quintet.inference.copula_fit import fit_residual
from quintet.inference.interval_width_fit import fit_widening
from quintet.inference.latent_bank import keep_latents
from quintet.inference.latent_density import fit_density
from quintet.inference.samplers.default_sampler import OPTION, choose_sampler
from quintet.models.fitted import Fitted
from quintet.tasks.denoise.combination_fit import fit_denoising
from quintet.tasks.detect.detect import prepare_reference


def prepare(
    fitted: Fitted, parts: Split, crossed: Sequence[dict[str, Tensor]], seed: int, progress: RowProgress | None
) -> list[str]:
    """Set ``fitted.artifacts`` from the training and the held-out rows, and choose the sampler.

    Parameters
    ----------
    crossed : what ``crossfit.tables_of`` gave of the other folds; empty where one diverged.

    Returns
    -------
    What was chosen, and why, for ``notes_``.
    """
    if not fitted.model.has_posterior:
        fitted.artifacts = Artifacts()
        return []
    unanswered = variants.get(fitted.options["variant"]).answers
    held_out = parts.calibration if parts.held_out else parts.calibration.take(slice(0, 0))
    fitted.artifacts = Artifacts(latent_density=fit_density(fitted, parts.train, seed))
    choice = choose_sampler(fitted, held_out, seed=seed)
    fitted.options[OPTION] = choice.sampler
    if fitted.guide is not None:
        bank = keep_latents(fitted, parts.train, seed=seed, progress=progress)
        fitted.artifacts = replace(fitted.artifacts, latent_bank=bank)
        copula = fit_residual(fitted, parts.train, seed=seed, progress=progress)
        fitted.artifacts = replace(fitted.artifacts, copula=copula)
        if "denoise" not in unanswered:
            fitted.artifacts |= fit_denoising(fitted, parts.train, held_out, seed)
        if "impute" not in unanswered:
            widths = fit_widening(fitted, held_out, seed=seed, progress=progress)
            fitted.artifacts = replace(fitted.artifacts, interval_widths=widths)
    if "detect" not in unanswered:
        fitted.artifacts |= prepare_reference(
            fitted,
            parts.train,
            parts.calibration,
            places=parts.places,
            crossed=[tables for tables in crossed if tables],
            seed=seed,
            progress=progress,
        )
    return [choice.note]
