"""Artifacts: what the answers need beside the weights, measured on rows after training and kept in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from quintet import variants
from quintet.artifacts.table import Artifacts
from quintet.estimators._input.holdout import Split
from quintet.inference.chunks import RowProgress
from quintet.inference.context_latents import choose_latents
from quintet.inference.copula_fit import fit_copula
from quintet.inference.interval_width_fit import fit_interval_widths
from quintet.inference.latent_bank import fit_latent_bank
from quintet.inference.latent_density import fit_latent_density
from quintet.inference.patch_rounds_fit import fit_patch_rounds
from quintet.inference.samplers.default_sampler import OPTION, choose_sampler
from quintet.inference.similar_rows_fit import fit_similar_rows
from quintet.models.fitted import Fitted
from quintet.tasks.denoise.combination_fit import fit_denoising
from quintet.tasks.detect.prepare import fit_detection
from quintet.tasks.drift.column_shares import fit_column_shares


def prepare(
    fitted: Fitted,
    parts: Split,
    crossed: Sequence[dict[str, Tensor]],
    seed: int,
    progress: RowProgress | None,
    training_anomalies: float = 0.0,
) -> list[str]:
    """Set ``fitted.artifacts`` from the training and the held-out rows, and choose the sampler.

    Parameters
    ----------
    crossed : of each other fold what ``cross_calibration.tables_of`` returned; empty where it diverged.
    training_anomalies : share of anomalous rows among all rows.

    Returns
    -------
    What was chosen, and why, for ``notes_``.
    """
    if not fitted.model.has_posterior or fitted.options.get("compact", False):
        fitted.artifacts = Artifacts()
        return []
    unanswered = variants.get(fitted.options["variant"]).answers
    dated = parts.calibration if parts.held_out else parts.calibration.take(slice(0, 0))
    if fitted.schema.calendar is not None:  # imputation alone is asked with places in the calendar
        undated = {name: replace(getattr(parts, name), condition=None) for name in ("train", "calibration")}
        parts = replace(parts, **undated)
    held_out = parts.calibration if parts.held_out else parts.calibration.take(slice(0, 0))
    train = parts.train.resampled(seed)
    fitted.artifacts = Artifacts(latent_density=fit_latent_density(fitted, train, seed))
    choice = choose_sampler(fitted, held_out.resampled(seed), seed=seed)
    fitted.options[OPTION] = choice.sampler
    notes = [choice.note]
    if fitted.guide is not None:
        bank = fit_latent_bank(fitted, train, seed=seed, progress=progress)
        fitted.artifacts |= Artifacts(latent_bank=bank)
        notes.append(choose_latents(fitted, dated if len(dated) else train, seed))
        copula = (
            None
            if fitted.nominal or fitted.model.reads_plain
            else fit_copula(fitted, train, seed=seed, progress=progress)
        )
        fitted.artifacts |= Artifacts(copula=copula)
        if "denoise" not in unanswered:
            fitted.artifacts |= fit_denoising(fitted, train, held_out, seed)
        if "impute" not in unanswered and not fitted.nominal:
            widths = fit_interval_widths(fitted, dated, seed=seed, progress=progress)
            fitted.artifacts |= Artifacts(interval_widths=widths)
            fitted.artifacts |= Artifacts(
                patch_rounds=fit_patch_rounds(fitted, held_out, seed),
                similar_rows=fit_similar_rows(fitted, train, held_out, seed),
            )
    if "detect" not in unanswered:
        fitted.artifacts |= fit_detection(
            fitted,
            parts.train,
            parts.calibration,
            places=parts.places,
            crossed=[tables for tables in crossed if tables],
            seed=seed,
            training_anomalies=training_anomalies,
            progress=progress,
        )
        fitted.artifacts |= Artifacts(column_shares=fit_column_shares(fitted.schema, parts.train))
    return [note for note in notes if note]
