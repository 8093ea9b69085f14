"""The two-part code, for posteriors that are points and for p(z) or q(z|x) that do not factorise.

First the embedding is coded on a grid, under a normal that is fitted to the block's embeddings and stored with it; then
the row given that embedding.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.bit_stack import Stack
from quintet.codec.entropy.latent_grid import LatentGrid
from quintet.tasks.compress.embedding import Embedding
from quintet.tasks.compress.grid_alphabet import GridAlphabet
from quintet.tasks.compress.row_code import RowCode

Array = np.ndarray[Any, Any]
STEPS = (1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625)  # in spreads of the embeddings
SAMPLE = 64


def fit_embedding_normal(mean: Array) -> tuple[Array, Array]:
    """Mean and spread of the embeddings, float32, (latent_dim,) each, robust against outlying rows."""
    mean = np.nan_to_num(mean, posinf=0.0, neginf=0.0)
    loc = np.median(mean, 0)
    near = np.clip(mean, loc - 6 * _width(mean), loc + 6 * _width(mean))
    return near.mean(0).astype(np.float32), np.maximum(near.std(0), 1e-6).astype(np.float32)


def _width(mean: Array) -> Array:
    low, high = np.quantile(mean, [0.05, 0.95], axis=0)
    return np.asarray(np.maximum(high - low, 1e-6))


def choose_alphabet(code: RowCode, values: Array, known: Embedding) -> GridAlphabet:
    """The grid of the embeddings with the shortest code for a sample of rows: a finer one costs more bits for z and
    fewer for x."""
    assert code.density is not None, "the grid's step is measured in its spreads"
    grids = [GridAlphabet(LatentGrid.around(known.mean, step * code.density[1])) for step in STEPS]
    return min(grids, key=lambda latents: sample_bits(replace(code, latents=latents), values, known))


def sample_bits(code: RowCode, values: Array, known: Embedding, most: int = SAMPLE) -> float:
    """Bits a row for z, less those that bits-back coding takes back, and for x given z; averaged over a sample of at
    most so many rows."""
    rows = np.linspace(0, len(values) - 1, min(len(values), most)).astype(np.int64)
    symbols, _, fits = code.bins.grid.split(values[rows])
    q = code.posterior(values[rows], fits, rows, 0, known)
    if q is None:
        k, popped = code.latents.quantise(known.mean[rows]), np.zeros(len(rows))
    else:
        k = Stack().pop(q, float(code.expected_bits(known)[rows].sum()))
        popped = q.priced(k).bits
    decisions = code.decisions(k, rows, symbols, fits, 0)
    return float((sum(each.bits for each in decisions) + code.prior(rows, 0).priced(k).bits - popped).mean())


def write_density(out: ByteWriter, density: tuple[Array, Array]) -> None:
    """Write mean and spread of the embeddings into a payload."""
    for part in density:
        out.array(part.astype(np.float32))


def read_density(source: ByteReader, latent_dim: int) -> tuple[Array, Array]:
    """The inverse of ``write_density``."""
    return source.array("f4", latent_dim), source.array("f4", latent_dim)
