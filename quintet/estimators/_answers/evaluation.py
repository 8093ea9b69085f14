"""Figures of merit, and which rows the training saw."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from quintet import evaluate as task
from quintet.arguments import BatchRows, Condition, Draws, JudgedRows, Missing, RandomState, RowsLike
from quintet.data import binarisation, row_fingerprints
from quintet.data.observed_cells import observed_cells
from quintet.data.row_shape import as_mask
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import warn
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for, seed_for
from quintet.estimators._input import user_rows
from quintet.estimators._input.user_rows import rows_of
from quintet.estimators.progress import progress_bar

BLOCK = 8192
"""Rows for each batch of fingerprints: a memory-mapped array is not read as a whole."""


@public
def evaluate(
    self: FittedEstimator,
    X: RowsLike,
    condition: Condition | None = None,
    *,
    rows: JudgedRows = "held_out",
    draws: Draws = 100,
    mask: Missing | None = None,
    batch_rows: BatchRows = 256,
    random_state: RandomState | None = None,
) -> dict[str, Any]:
    """Figures of merit by name; see ``quintet.evaluate.evaluate``.

    The ELBO, IW-10 and log p(x) in nats a row, distortion and rate apart, bits per dimension, the KL of each latent
    and the number of active ones, mean squared error and PSNR of the reconstruction, or its share of wrong levels;
    with a context decoder the distortion without latents, what the latents explain of it, and the distortion in random
    orders of the cells;
    "rows", of how many rows these are, "rows_trained_on", how many of X the training saw, and "rows_equal", how many
    more equal a row that it saw and are not known to be that row (both None where the file does not say).

    Parameters
    ----------
    rows : {"held_out", "all"}, default="held_out"
        "held_out" leaves out the rows that trained the model or were watched in training, where others are left.
        Rows that only equal one of them stay: without them the figures would be those of rare rows.
    """
    fitted = fitted_for(self, "evaluate")
    judged, parts = rows_of(self, X, fitted.schema, condition, mask)[0], _parts_in_fit(self, X, mask)
    trained = None if parts is None else parts <= row_fingerprints.VALIDATION
    if rows == "held_out" and trained is not None and trained.any():
        if trained.all():
            warn(
                f"All {len(judged)} rows trained this model, so the figures are optimistic: give rows that were held "
                "out, or rows='all'.",
            )
        else:
            judged = judged.take(torch.from_numpy(np.flatnonzero(~trained)))
    seed = seed_for(self, random_state)
    with progress_bar(self.verbose) as progress:
        found = task.evaluate(fitted, judged, draws=draws, batch_rows=batch_rows, seed=seed, progress=progress)
    about = {
        "rows_trained_on": None if trained is None else int(trained.sum()),
        "rows_equal": None if parts is None else int((parts == row_fingerprints.EQUAL).sum()),
    }
    return {"rows": found.pop("rows"), **about, **found}


@public
def parts_of(self: FittedEstimator, X: RowsLike, *, mask: Missing | None = None) -> Array:
    """The part that each row had when the model was fitted, (n,) of str, by fingerprints that the file keeps.

    "train": training saw it; "validation": it validated the training; "calibration": it calibrates the p-values,
    and training did not see it; "held_out": the fit did not see it; "equal": it equals a row that trained or
    validated, and is not known to be that row, as of few values rows recur by chance; "unknown": the file keeps no
    fingerprints (version 0.1), or those of grey rows (``kind="binarised"``). A row is known by its cells, as 32-bit
    floats, and by which are missing; of equal rows as many have a part as had it in the fit.
    """
    fitted_for(self)
    rows: Any = X
    parts = _parts_in_fit(self, rows, mask)
    return np.full(len(rows), "unknown") if parts is None else np.array(row_fingerprints.PARTS)[parts]


def _parts_in_fit(vae: FittedEstimator, X: Any, mask: Any) -> Array | None:
    """The part that each row had in the fit, numbered as in ``data.row_fingerprints``; None where unknown."""
    keys = fingerprints_of(vae, X, mask)
    return None if keys is None else row_fingerprints.parts_of(keys, vae.fitted_.artifacts.row_fingerprints)


def fingerprints_of(vae: FittedEstimator, X: Any, mask: Any) -> Array | None:
    """The fingerprints of rows, (n,) of int64; None of grey rows, of which the model's are drawn."""
    schema = vae.fitted_.schema
    array = user_rows.cells_of(X, schema)
    if not schema.columns:
        user_rows.check_features(vae, X, array)
    if getattr(vae, "kind", None) == binarisation.KIND:  # the model's rows are zeros and ones, drawn from grey rows
        return None
    missing, keys = (
        as_mask(user_rows.mask_of_cells(mask, schema, X), array, schema),
        np.zeros(len(array), dtype=np.int64),
    )
    for start in range(0, len(array), BLOCK):
        block = slice(start, start + BLOCK)
        of_these = missing[block] if missing is not None and missing.shape == array.shape else missing
        observed = observed_cells(array[block], of_these)
        keys[block] = row_fingerprints.fingerprints(array[block], schema, observed)
    return keys
