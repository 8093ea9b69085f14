"""The question ``generate``: new rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.arguments import BatchRows, Condition, Count, LatentOrEach, NotNegative, RandomState
from quintet.entry_points import public
from quintet.estimators._answers.containers import in_output_container
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for, seed_for
from quintet.estimators._input import user_rows
from quintet.estimators._input.finite_answers import sound
from quintet.estimators.progress import progress_bar
from quintet.tasks import generate as task


@public
@sound
def generate(
    self: FittedEstimator,
    n: Count = 1,
    condition: Condition | None = None,
    *,
    temperature: NotNegative = 1.0,
    mean: LatentOrEach | None = None,
    spread: LatentOrEach | None = None,
    sampler: str | None = None,
    expected: bool | None = None,
    missing: bool = False,
    return_condition: bool = False,
    batch_rows: BatchRows = 256,
    random_state: RandomState | None = None,
) -> Any:
    """New rows: z by the sampler, then x from p(x|z); (n, *row_shape) in the user's units.

    Parameters
    ----------
    n : how many.
    condition : one for all rows, or one for each; None: drawn as in the training rows, for a conditional model.
    temperature : factor of the latents' spread; below 1: likelier, less varied rows.
    mean, spread : (latent_dim,) or (n, latent_dim), in place of the prior's 0 and 1.
    sampler : "prior"; or by the training rows' latents "mixture", "flow", "two_stage" (both fitted at their
        first use, in seconds) or "neighbours"; None: the one that ``fit`` chose on held-out rows.
    expected : E[x|z] in place of a draw of x; None: for images.
    missing : leave cells of a table missing as the training rows did; False: complete rows.
    return_condition : return (rows, conditions), so that rows of a conditional model have their labels.
    batch_rows : rows at a time; it changes memory, not answers.
    random_state : seed; None: the model's, so that the same call gives the same rows.
    """
    fitted = fitted_for(self, "generate")
    schema = fitted.schema
    user_rows.refuse_condition(schema, condition)
    encoded = None
    if schema.condition is not None and condition is not None:
        encoded = schema.condition.encode(condition, n)
    with progress_bar(self.verbose) as progress:
        found = task.generate(
            fitted,
            n,
            condition=encoded,
            temperature=temperature,
            mean=_latents(mean),
            spread=_latents(spread),
            sampler=sampler,
            expected=schema.is_image if expected is None else expected,
            missing=missing,
            batch_rows=batch_rows,
            seed=seed_for(self, random_state),
            progress=progress,
        )
    gone = None if found.missing is None else found.missing.numpy()
    rows = in_output_container(self, schema.to_user(found.x), missing=gone)
    if not return_condition:
        return rows
    if schema.condition is None or found.condition is None:
        return rows, None
    return rows, schema.condition.named(found.condition)


def _latents(value: Any) -> Tensor | None:
    return None if value is None else torch.as_tensor(np.asarray(value, dtype=np.float32))
