"""Latents and log probabilities of lines, from those of their rows."""

from __future__ import annotations

import numpy as np

from quintet.arguments import BatchRows, Condition, Draws, LinesLike
from quintet.data.sequences.text.reading import read_lines
from quintet.data.sequences.text.rows import Array
from quintet.entry_points import public
from quintet.estimators._text.text_estimator import TextEstimator, model_of
from quintet.estimators._text.token_rows import of_each_row, of_lines


@public
def transform(self: TextEstimator, lines: LinesLike, *, batch_rows: BatchRows = 256) -> Array:
    """Latents of lines, (n, latent_dim); of a line of several rows their mean."""
    text, given = model_of(self), read_lines(lines).all
    if not given:
        return np.zeros((0, text.vae.latent_dim_), dtype=np.float32)
    rows, owners = text.description.rows(given)
    z = np.asarray(text.vae.transform(rows, batch_rows=batch_rows))
    return np.stack([z[part].mean(0) for part in of_lines(owners, len(given))])


@public
def log_prob(self: TextEstimator, lines: LinesLike, condition: Condition | None = None, *, draws: Draws = 100) -> Array:
    """log p(line) in nats, (n,), by importance sampling, as of ``VAE.log_prob``."""
    text, given = model_of(self), read_lines(lines).all
    if not given:
        return np.zeros(0)
    rows, owners = text.description.rows(given)
    found = text.vae.log_prob(rows, of_each_row(condition, owners, len(given)), draws=draws)
    return np.bincount(owners, np.asarray(found), len(given))
