"""What a model keeps of its training rows so that strangeness can be measured later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from quintet.artifacts.detection import UsualSurprise
from quintet.artifacts.table import Artifacts
from quintet.data.dataset import Batch, Rows
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.models.fitted import Fitted
from quintet.tasks.detect.calibration_rows import CalibrationRows, enough
from quintet.tasks.detect.components import measure
from quintet.tasks.detect.elbo_terms import feature_views
from quintet.tasks.detect.features import points
from quintet.tasks.detect.knn_index import KnnIndex
from quintet.tasks.detect.projection import Projection
from quintet.tasks.detect.score_calibration import ScoreCalibration, as_table, only_scale

REFERENCES, CALIBRATION = 50_000, 10_000
"""Most rows kept: as points to be near to, and as scores to be counted."""
SAMPLE_ROWS, SAMPLE_CELLS = 10_000, 2**24
"""Most rows, and most cells of them together, from which principal components are found."""
USUAL = 1_000
"""Most calibration rows from which the usual surprise of each cell is found."""
WHOLE = "whole"
"""In tables of components: which calibration rows have no holes, (n,)."""
KIN, KIN_SHARE = 100, 0.01
"""How far apart rows may stand to be taken for kin: so many places, but no larger a share of all rows."""


def fit_detection(
    fitted: Fitted,
    train_rows: Rows,
    calibration_rows: Rows,
    *,
    places: tuple[Tensor, Tensor] | None = None,
    crossed: Sequence[Mapping[str, Tensor]] = (),
    seed: int = 0,
    batch_rows: int = 256,
    progress: RowProgress | None = None,
) -> Artifacts:
    """What ``detect`` needs of the rows.

    Parameters
    ----------
    train_rows : up to 50,000 of them, drawn by ``seed``, become the points of the local densities.
    calibration_rows : normal rows that did not train the model. Where they are ``train_rows`` itself (too few rows to
        hold any out), each is scored without itself; they set the scales of the scores, and no p-value counts them.
    places : where the rows of either stood among all, (n,) each, ascending; None: nothing is known of that.
        Rows that stand together are often kin (one writer, one patient, one hour). A new row has no kin among the
        training rows, so none may count for a calibration row: it is scored without the rows around its place.
    crossed : tables of calibration rows of other folds, see ``calibration_tables``.
    """
    generator = torch.Generator().manual_seed(seed)
    kept = torch.randperm(len(train_rows), generator=generator)[:REFERENCES].sort().values
    found = _places(fitted, train_rows.take(kept), seed, batch_rows, progress)
    stood = torch.arange(len(train_rows)) if places is None else places[0]
    at = None if places is None else places[1]
    held_out = calibration_rows is not train_rows
    if not held_out:
        at = stood
    if len(calibration_rows) > CALIBRATION:
        some = torch.randperm(len(calibration_rows), generator=generator)[:CALIBRATION].sort().values
        calibration_rows, at = calibration_rows.take(some), None if at is None else at[some]
    reach = 0 if places is None else min(KIN, int(KIN_SHARE * (len(train_rows) + len(calibration_rows))))
    without = None if at is None else torch.searchsorted(stood[kept], torch.stack([at - reach, at + reach + 1], 1))
    ready = replace(fitted, artifacts=found)
    tables, usual = _tables(ready, calibration_rows, without, batch_rows, progress)
    found = replace(found, usual_surprise=UsualSurprise(usual))
    if held_out:
        tables = {name: torch.cat([t, *(more[name] for more in crossed)]) for name, t in tables.items()}
    whole = tables.pop(WHOLE)
    if not held_out:
        return _with_scores(found, {name: ScoreCalibration(table, table[:0]) for name, table in tables.items()})
    own = len(calibration_rows) if crossed else 0
    scales = only_scale(len(whole), own)
    counts = _counted(whole, ~scales)
    found = _with_scores(found, {name: ScoreCalibration.of(t, counts, own) for name, t in tables.items()})
    counted = torch.nonzero(~scales[: len(calibration_rows)])[:, 0]
    rows = CalibrationRows.of(calibration_rows, without, counted, generator).artifact()
    return replace(found, calibration_set=rows)


def _with_scores(found: Artifacts, scores: Mapping[str, ScoreCalibration]) -> Artifacts:
    """The artifacts with calibration scores, of conditional models also of those without the conditions."""
    free = scores.get("calibration_free")
    return replace(
        found,
        calibration=scores["calibration"].artifact(),
        calibration_free=None if free is None else free.artifact(),
    )


def calibration_tables(
    fitted: Fitted, train_rows: Rows, calibration_rows: Rows, places: tuple[Tensor, Tensor], seed: int = 0
) -> dict[str, Tensor]:
    """Components of rows that trained other models than this one: what ``fit_detection`` takes as ``crossed``."""
    own, at = places
    found = _places(fitted, train_rows, seed, 256, None)
    reach = min(KIN, int(KIN_SHARE * (len(train_rows) + len(calibration_rows))))
    without = torch.searchsorted(own, torch.stack([at - reach, at + reach + 1], 1))
    return _tables(replace(fitted, artifacts=found), calibration_rows, without, 256, None)[0]


def _tables(
    ready: Fitted, rows: Rows, without: Tensor | None, batch_rows: int, progress: RowProgress | None
) -> tuple[dict[str, Tensor], Tensor]:
    """Components of calibration rows with and without their conditions, (n, components) each, and which rows are
    whole; the usual surprise of each cell."""
    measured, usual = _calibrated(ready, rows, without, batch_rows, progress)
    tables = {"calibration": as_table(measured)}
    if rows.condition is not None:
        free = replace(rows, condition=None)
        tables["calibration_free"] = as_table(
            measure(ready, free, batch_rows=batch_rows, progress=progress, without=without)
        )
    every = torch.ones(len(rows), dtype=torch.bool)
    return tables | {WHOLE: every if rows.observed is None else rows.observed.flatten(1).all(1)}, usual


def _counted(whole: Tensor, free: Tensor) -> Tensor:
    """Which calibration rows the p-values of whole rows count: the whole ones of those that are ``free`` to be counted,
    or none where these are few."""
    counts = whole & free
    return counts if int(counts.sum()) >= enough(int(free.sum())) else torch.zeros_like(whole)


def _places(fitted: Fitted, rows: Rows, seed: int, batch_rows: int, progress: RowProgress | None) -> Artifacts:
    """Projections of each view, found on some rows, and the points of all rows under them."""
    most = max(1, min(SAMPLE_ROWS, SAMPLE_CELLS // fitted.schema.size))
    sample = torch.linspace(0, len(rows) - 1, min(most, len(rows)), dtype=torch.float32).round().long()

    def vectors(batch: Batch, start: int) -> dict[str, Tensor]:
        return feature_views(fitted, batch)

    with torch.no_grad():
        found = in_chunks(vectors, rows.take(sample), batch_rows=batch_rows, device=fitted.device)
        projections = {name: Projection.of(t.to(fitted.device), seed) for name, t in found.items()}

        def where(batch: Batch, start: int) -> dict[str, Tensor]:
            return points(projections, feature_views(fitted, batch))

        found = in_chunks(
            where, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="reference rows"
        )
    bases = {name: projection.artifact() for name, projection in projections.items()}
    indexes = {name: KnnIndex.of(t.to(fitted.device)).artifact() for name, t in found.items()}
    return Artifacts(
        latent_basis=bases["latent"],
        row_basis=bases["row"],
        slope_basis=bases.get("slope"),
        latent_index=indexes["latent"],
        row_index=indexes["row"],
    )


def _calibrated(
    fitted: Fitted, rows: Rows, without: Tensor | None, batch_rows: int, progress: RowProgress | None
) -> tuple[dict[str, Tensor], Tensor]:
    """Components of the calibration rows, and the mean surprise of each cell over some of them."""

    def ask(part: slice, where: bool) -> dict[str, Tensor]:
        barred = None if without is None else without[part]
        return measure(fitted, rows.take(part), batch_rows=batch_rows, progress=progress, where=where, without=barred)

    measured = ask(slice(0, USUAL), True)
    surprise = measured.pop("surprise")
    seen = torch.ones(surprise.shape, dtype=torch.float32) if rows.observed is None else rows.observed[:USUAL].float()
    usual = surprise.sum(0) / seen.sum(0).clamp(min=1)
    if len(rows) > USUAL:
        more = ask(slice(USUAL, None), False)
        measured = {name: torch.cat([t, more[name]]) for name, t in measured.items()}
    return measured, usual
