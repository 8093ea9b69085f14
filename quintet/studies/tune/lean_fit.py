"""Training of the model alone, as far as the bound on held-out rows needs it, and that bound."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from quintet.arguments import STEPS
from quintet.arguments.checking import hold_parameters
from quintet.data.dataset import Rows
from quintet.data.marginals import marginals
from quintet.data.schema_file import declared_schema
from quintet.estimators import building
from quintet.estimators._fit import cross_calibration
from quintet.estimators._fit.job import job_of
from quintet.estimators._input import training_rows, user_rows
from quintet.evaluate.likelihood import bits_per_dimension
from quintet.inference.chain import choose_order
from quintet.inference.likelihood import terms
from quintet.models.fitted import Fitted
from quintet.training import find_device, fit

if TYPE_CHECKING:
    from quintet.estimators import VAE

Callback = Callable[[Mapping[str, Any]], object]


def held_out_bound(vae: VAE, X: Any, y: Any, X_val: Any, callback: Callback) -> float:
    """Bits a cell of ``X_val`` under the model that ``vae.fit(X, y, X_val)`` would train; ``vae`` stays unfitted.

    The partial encoder is not trained and nothing is measured for the answers, which takes most of the time of a fit to
    few rows; the weights that the bound depends on are those of the whole fit.
    """
    began = time.perf_counter()
    hold_parameters(vae)
    declared = declared_schema(vae.schema)
    kind = declared.kind_beside(vae.kind)
    array, table = training_rows.training_cells(
        X, kind, None, None, declared.columns, declared.constraints, vae.layout == STEPS
    )
    shape = array.shape if table is None else (len(array), len(table.columns))
    vae.n_features_in_ = user_rows.features_seen(vae, X, shape)
    job = job_of(vae, X, array, y, X_val, kind=kind, table=table)
    recipe = building.build(
        job.variant, job.schema, job.latent_dim, job.network, job.seed, context=job.context, compact=job.compact
    )
    recipe.model.start_at(marginals(job.parts.train))
    recipe, plan = cross_calibration.without_guide(recipe, job)
    rows, watched = job.variant.arranged(job.parts.train), job.parts.validation
    assert watched is not None
    fit(recipe, rows, watched, plan, job.seed, callbacks=[callback], device=vae.device, began=began)
    choose_order(recipe.model, watched.resampled(job.seed), job.seed)
    fitted = building.freeze(recipe, job.schema, building.options_of(job), find_device(vae.device))
    return bound(fitted, watched.drawn_once(1), job.seed)


def bound_of(vae: VAE, X: Any, y: Any) -> float:
    """Bits a cell of rows under a fitted model."""
    rows = user_rows.rows_of(vae, X, vae.schema_, y if vae.schema_.condition is not None else None)[0]
    return bound(vae.fitted_, rows.drawn_once(1), vae.seed_)


def bound(fitted: Fitted, rows: Rows, seed: int) -> float:
    """-ELBO of rows in bits a cell."""
    elbo = float(terms(fitted, rows, seed=seed)["elbo"].double().mean())
    observed = rows.observed
    cells = fitted.schema.size if observed is None else float(observed.flatten(1).sum(1).double().mean())
    return bits_per_dimension(elbo, max(cells, 1)) if math.isfinite(elbo) else math.inf
