"""Latents and log probabilities of lines, from those of their rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.sequences.text.rows import Array
from quintet.estimators._text.token_rows import TextModel, of_each_row, of_lines


def transform(text: TextModel, lines: list[str], batch_rows: int) -> Array:
    """Latents of lines, (n, latent_dim): the mean over the rows of each."""
    if not lines:
        return np.zeros((0, text.vae.latent_dim_), dtype=np.float32)
    rows, owners = text.description.rows(lines)
    z = np.asarray(text.vae.transform(rows, batch_rows=batch_rows))
    return np.stack([z[part].mean(0) for part in of_lines(owners, len(lines))])


def log_prob(text: TextModel, lines: list[str], condition: Any, draws: int) -> Array:
    """log p of lines in nats, (n,): the sum over the rows of each."""
    if not lines:
        return np.zeros(0)
    rows, owners = text.description.rows(lines)
    found = text.vae.log_prob(rows, of_each_row(condition, owners, len(lines)), draws=draws)
    return np.bincount(owners, np.asarray(found), len(lines))
