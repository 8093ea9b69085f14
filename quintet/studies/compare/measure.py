"""Measurements of a trained model: reconstruction by class, shape of the latent space, and samples."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from scipy.stats import kstest

from quintet.data.dataset import Batch, Rows
from quintet.errors import QuintetWarning
from quintet.evaluate import active_units
from quintet.inference.chunks import in_chunks
from quintet.models.fitted import Fitted
from quintet.noise import Noise
from quintet.studies.compare.plan import Run
from quintet.studies.compare.regions import decoded
from quintet.studies.compare.rows import StudyRows
from quintet.tasks.edit.traversal import decode_means
from quintet.tasks.generate import generate

Array = np.ndarray[Any, Any]
SHOWN, CODES, DRAWN, GRID = 10, 2000, 2000, 15


def measure_joint(fitted: Fitted, material: StudyRows, run: Run) -> tuple[dict[str, Any], dict[str, Array]]:
    """Figures for the run's JSON, and arrays for its .npz.

    "mse", "mse_by_class": squared error, mean over cells and held-out rows; "active_units"; "gap": distance of codes
    drawn from q(z|x) from N(0, I) (``sliced_gap``); "holes": share of prior draws far from all codes (``holes``);
    "dense_apart" and "sparse_apart": distance to the nearest held-out row of rows decoded from dense and sparse regions
    of the codes (``regions.decoded``).
    """
    schema, figures = fitted.schema, dict[str, Any]()
    count = min(DRAWN, max(200, 2 * len(material.held)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)  # samples of an autoencoder's prior are expected to fail
        new = generate(fitted, count, sampler="prior", expected=True, seed=run.seed)
    arrays: dict[str, Array] = {"samples": schema.to_user(new.x).astype(np.float32)}
    if not fitted.model.has_posterior:
        return figures, arrays
    condition = material.labels if schema.condition is not None else None
    rows = Rows.of(material.held, schema, condition)
    found = _codes(fitted, rows)
    error = found["error"].numpy()
    figures["mse"] = float(error.mean())
    if material.labels is not None:
        classes = np.unique(material.labels)
        figures["mse_by_class"] = {str(c): float(error[material.labels == c].mean()) for c in classes.tolist()}
    means, codes = found["mean"].numpy(), found["code"].numpy()
    figures |= {
        "active_units": active_units(found["mean"]),
        "gap": sliced_gap(codes, run.seed),
        "holes": holes(codes, run.seed),
    }
    shown = _examples(material.labels, len(material.held))
    arrays |= {
        "means": means[:CODES].astype(np.float32),
        "shown": shown,
        "reconstructed": found["x"][torch.from_numpy(shown)].numpy(),
    }
    if len(means) > 1:
        places = decoded(fitted, means[:CODES], material.held, _likeliest(fitted), run.seed)
        figures |= {name: float(places.pop(name).mean()) for name in ("dense_apart", "sparse_apart")}
        arrays |= places
    if run.latent_dim == 2:
        arrays["plane"] = _plane(fitted)
    return figures, arrays


def _codes(fitted: Fitted, rows: Rows) -> dict[str, torch.Tensor]:
    """For each held-out row: the posterior mean, a posterior draw, E[x|z] at the mean, and its squared error."""

    def answer(batch: Batch, start: int) -> dict[str, torch.Tensor]:
        posterior = fitted.model.posterior(batch.x, batch.observed, batch.condition)
        mean = fitted.model.embed(batch.x, batch.observed, batch.condition)
        x = fitted.model.decode(mean[None], batch.condition).mean[0]
        back = torch.from_numpy(fitted.schema.to_user(x).astype(np.float32))
        given = torch.from_numpy(fitted.schema.in_user_units(batch.x).astype(np.float32))
        error = (back - given).flatten(1).square().mean(1)
        code = posterior.sample(Noise((17, start), device=fitted.device))[0]
        return {"mean": mean, "code": code, "x": back, "error": error}

    with torch.no_grad():
        return in_chunks(answer, rows, batch_rows=500, device=fitted.device)


def sliced_gap(codes: Array, seed: int = 0, directions: int = 50) -> float:
    """Distance of codes from N(0, I): mean Kolmogorov-Smirnov distance from N(0, 1) over random projections, 0 .. 1."""
    rng = np.random.default_rng(seed)
    axes = rng.normal(size=(codes.shape[1], directions))
    axes /= np.linalg.norm(axes, axis=0)
    return float(np.mean([kstest(line, "norm").statistic for line in (codes[:CODES] @ axes).T]))


def holes(codes: Array, seed: int = 0) -> float:
    """Share of draws from N(0, I) farther from all codes than 95 % of the codes are from their nearest code."""
    from sklearn.neighbors import NearestNeighbors

    codes = codes[:CODES]
    if len(codes) < 3:
        return float("nan")
    near = NearestNeighbors(n_neighbors=2).fit(codes)
    usual = np.quantile(near.kneighbors(codes)[0][:, 1], 0.95)
    drawn = np.random.default_rng(seed).normal(size=(len(codes), codes.shape[1]))
    return float((near.kneighbors(drawn, n_neighbors=1)[0][:, 0] > usual).mean())


def _examples(labels: Array | None, n: int) -> Array:
    """Indices of ten rows from as many classes as possible."""
    if labels is None:
        return np.arange(min(SHOWN, n))
    firsts = [np.flatnonzero(labels == c) for c in np.unique(labels)]
    picked = [int(rows[depth]) for depth in range(SHOWN) for rows in firsts if depth < len(rows)]
    return np.array(picked[:SHOWN])


def _plane(fitted: Fitted) -> Array:
    """E[x|z] over z from -3 to 3 in both latents, the second one descending, (GRID², *row)."""
    ticks = torch.linspace(-3, 3, GRID, dtype=torch.float32)
    z = torch.stack([ticks.repeat(GRID), ticks.flip(0).repeat_interleave(GRID)], dim=1)
    given = _likeliest(fitted)
    condition = None if given is None else given.expand(len(z), -1)
    return fitted.schema.to_user(decode_means(fitted, z, condition)).astype(np.float32)


def _likeliest(fitted: Fitted) -> torch.Tensor | None:
    """The most frequent condition, encoded, (condition_dim,); None for an unconditional model."""
    if fitted.schema.condition is None:
        return None
    points, weights = fitted.schema.condition.support()
    return points[weights.argmax()]
