"""Fit of detection: projections, nearest-neighbour indexes and calibration scores of the training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from quintet.artifacts.detection import UsualSurprise
from quintet.artifacts.table import Artifacts
from quintet.data.dataset import Rows
from quintet.inference.chunks import RowProgress
from quintet.models.fitted import Fitted
from quintet.tasks.detect.calibration_rows import CalibrationRows, enough
from quintet.tasks.detect.components import measure
from quintet.tasks.detect.reference_points import indexed, references
from quintet.tasks.detect.score_calibration import ScoreCalibration, as_table, only_scale

CALIBRATION, SCALES = 10_000, 1_000
"""Most rows whose components calibrate scores, and most that set their scales alone."""
USUAL = 1_000
"""Most calibration rows that the usual surprise of each cell is averaged over."""
WHOLE = "whole"
"""Key in tables of components: which calibration rows are complete, (n,) of bool."""
KIN, KIN_SHARE = 100, 0.01
"""Largest distance between positions of related rows: a number of rows, and a share of all rows."""


def fit_detection(
    fitted: Fitted,
    train_rows: Rows,
    calibration_rows: Rows,
    *,
    places: tuple[Tensor, Tensor] | None = None,
    crossed: Sequence[Mapping[str, Tensor]] = (),
    seed: int = 0,
    training_anomalies: float = 0.0,
    batch_rows: int = 256,
    progress: RowProgress | None = None,
) -> Artifacts:
    """Compute the artifacts of ``detect``.

    Parameters
    ----------
    train_rows : up to 50,000 of them, drawn by ``seed``, become the reference points of the local densities.
    calibration_rows : normal rows that did not train the model. If they are ``train_rows`` itself (too few rows to
        hold any out), each is scored without itself; they set the scales of the scores, but p-values do not count them.
    places : positions of the training and the calibration rows in the data set, (n,) each, ascending; None: unknown.
        Neighbouring rows are often related (one writer, one patient, one hour), and a new row has no relatives among
        the training rows. A calibration row is therefore scored without the training rows around its position.
    crossed : tables of calibration rows of other folds, see ``calibration_tables``.
    training_anomalies : share of anomalous rows among all of these. A row is compared with so many neighbours that they
        cannot all be anomalies, and of many rows fewer are reference points.
    """
    generator = torch.Generator().manual_seed(seed)
    kept = references(len(train_rows), generator, training_anomalies)
    found = indexed(fitted, train_rows.take(kept), seed, batch_rows, progress, training_anomalies)
    stood = torch.arange(len(train_rows)) if places is None else places[0]
    at = None if places is None else places[1]
    held_out = calibration_rows is not train_rows
    if not held_out:
        at = stood
    some = _at_most(len(calibration_rows), generator, CALIBRATION if held_out else SCALES)
    if some is not None:
        calibration_rows, at = calibration_rows.take(some), None if at is None else at[some]
    reach = 0 if places is None else min(KIN, int(KIN_SHARE * (len(train_rows) + len(calibration_rows))))
    without = None if at is None else torch.searchsorted(stood[kept], torch.stack([at - reach, at + reach + 1], 1))
    ready = replace(fitted, artifacts=found)
    if held_out:
        return found | _calibrated(ready, calibration_rows, without, crossed, generator, batch_rows, progress)
    tables, usual = _tables(ready, calibration_rows, without, batch_rows, progress)
    del tables[WHOLE]
    scores = _scores({name: ScoreCalibration(table, table[:0]) for name, table in tables.items()})
    return found | scores | Artifacts(usual_surprise=UsualSurprise(usual))


def recalibrated(
    fitted: Fitted, rows: Rows, *, seed: int = 0, batch_rows: int = 256, progress: RowProgress | None = None
) -> Artifacts:
    """The artifacts of ``detect`` that depend on the calibration rows, of other normal rows that did not train."""
    generator = torch.Generator().manual_seed(seed)
    some = _at_most(len(rows), generator, CALIBRATION)
    rows = rows if some is None else rows.take(some)
    none = torch.zeros(len(rows), 2, dtype=torch.int64)  # they have no relatives among the reference rows
    return _calibrated(fitted, rows, none, (), generator, batch_rows, progress)


def _at_most(rows: int, generator: torch.Generator, most: int) -> Tensor | None:
    """Ascending places of a random subset of ``most`` rows; None where there are no more than these."""
    return torch.randperm(rows, generator=generator)[:most].sort().values if rows > most else None


def _calibrated(
    ready: Fitted,
    rows: Rows,
    without: Tensor | None,
    crossed: Sequence[Mapping[str, Tensor]],
    generator: torch.Generator,
    batch_rows: int,
    progress: RowProgress | None,
) -> Artifacts:
    """Score held-out rows; some of them set the scales, the others are counted and stored."""
    tables, usual = _tables(ready, rows, without, batch_rows, progress)
    tables = {name: torch.cat([t, *(more[name] for more in crossed)]) for name, t in tables.items()}
    whole = tables.pop(WHOLE)
    own = len(rows) if crossed else 0
    scales = only_scale(len(whole), own)
    counts = _counted(whole, ~scales)
    scores = _scores({name: ScoreCalibration.of(t, counts, own) for name, t in tables.items()})
    counted = torch.nonzero(~scales[: len(rows)])[:, 0]
    kept = CalibrationRows.of(rows, without, counted, generator).artifact()
    return scores | Artifacts(usual_surprise=UsualSurprise(usual), calibration_set=kept)


def _scores(scores: Mapping[str, ScoreCalibration]) -> Artifacts:
    """The calibration scores as artifacts; for conditional models also those without conditions."""
    free = scores.get("calibration_free")
    return Artifacts(
        calibration=scores["calibration"].artifact(), calibration_free=None if free is None else free.artifact()
    )


def calibration_tables(
    fitted: Fitted,
    train_rows: Rows,
    calibration_rows: Rows,
    places: tuple[Tensor, Tensor],
    seed: int = 0,
    training_anomalies: float = 0.0,
) -> dict[str, Tensor]:
    """Components of calibration rows of another fold, (n, components), for ``crossed`` of ``fit_detection``."""
    own, at = places
    found = indexed(fitted, train_rows, seed, 256, None, training_anomalies)
    reach = min(KIN, int(KIN_SHARE * (len(train_rows) + len(calibration_rows))))
    without = torch.searchsorted(own, torch.stack([at - reach, at + reach + 1], 1))
    return _tables(replace(fitted, artifacts=found), calibration_rows, without, 256, None)[0]


def _tables(
    ready: Fitted, rows: Rows, without: Tensor | None, batch_rows: int, progress: RowProgress | None
) -> tuple[dict[str, Tensor], Tensor]:
    """Components of calibration rows with and without their conditions, (n, components) each, and which rows are
    complete; and the usual surprise of each cell in nats."""
    measured, usual = _measured_calibration(ready, rows, without, batch_rows, progress)
    tables = {"calibration": as_table(measured)}
    if rows.condition is not None:
        free = replace(rows, condition=None)
        tables["calibration_free"] = as_table(
            measure(ready, free, batch_rows=batch_rows, progress=progress, without=without)
        )
    every = torch.ones(len(rows), dtype=torch.bool)
    return tables | {WHOLE: every if rows.observed is None else rows.observed.flatten(1).all(1)}, usual


def _counted(whole: Tensor, free: Tensor) -> Tensor:
    """Calibration rows that count in p-values of complete rows, (n,) of bool: the complete ones among the ``free``
    ones, or none if these are few."""
    counts = whole & free
    return counts if int(counts.sum()) >= enough(int(free.sum())) else torch.zeros_like(whole)


def _measured_calibration(
    fitted: Fitted, rows: Rows, without: Tensor | None, batch_rows: int, progress: RowProgress | None
) -> tuple[dict[str, Tensor], Tensor]:
    """Components of the calibration rows, and the mean surprise of each cell over up to ``USUAL`` of them."""

    def measure_part(part: slice, where: bool) -> dict[str, Tensor]:
        ignored = None if without is None else without[part]
        return measure(fitted, rows.take(part), batch_rows=batch_rows, progress=progress, where=where, without=ignored)

    measured = measure_part(slice(0, USUAL), True)
    surprise = measured.pop("surprise")
    seen = torch.ones(surprise.shape, dtype=torch.float32) if rows.observed is None else rows.observed[:USUAL].float()
    usual = surprise.sum(0) / seen.sum(0).clamp(min=1)
    if len(rows) > USUAL:
        more = measure_part(slice(USUAL, None), False)
        measured = {name: torch.cat([t, more[name]]) for name, t in measured.items()}
    return measured, usual
