"""The two-part code, where q(z|x) is a point or p(z) or q(z|x) cannot be told in order: first the embedding on a grid
under a normal that is fitted to the file's embeddings and stored with it, then the row given that embedding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.binary_decisions import Record
from quintet.codec.entropy.latent_grid import LatentGrid
from quintet.tasks.compress.bits_back import Code

Array = np.ndarray[Any, Any]
STEPS = (1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625)  # in spreads of the embeddings
SAMPLE = 64


def fit_embedding_normal(mean: Array) -> tuple[Array, Array]:
    """Mean and spread of the embeddings, float32, (latent_dim,) each; outlying rows count for little."""
    mean = np.nan_to_num(mean, posinf=0.0, neginf=0.0)
    loc = np.median(mean, 0)
    near = np.clip(mean, loc - 6 * _width(mean), loc + 6 * _width(mean))
    return near.mean(0).astype(np.float32), np.maximum(near.std(0), 1e-6).astype(np.float32)


def _width(mean: Array) -> Array:
    low, high = np.quantile(mean, [0.05, 0.95], axis=0)
    return np.asarray(np.maximum(high - low, 1e-6))


def choose_steps(code: Code, values: Array, mean: Array) -> LatentGrid:
    """The grid of the embeddings that makes a sample of the rows shortest: finer costs more for z and less for x."""
    assert code.density is not None, "the grid's step is measured in its spreads"
    grids = [LatentGrid.around(mean, step * code.density[1]) for step in STEPS]
    return min(grids, key=lambda latents: sample_bits(replace(code, latents=latents), values, mean))


def sample_bits(code: Code, values: Array, mean: Array) -> float:
    """Bits a row of z and of x given z, by a sample of the rows."""
    rows = np.linspace(0, len(values) - 1, min(len(values), SAMPLE)).astype(np.int64)
    symbols, _, fits = code.bins.grid.split(values[rows])
    k = code.latents.place(mean[rows])
    record = Record.of(symbols, code.cells(k, rows, fits, 0))
    return float((record.bits + code.prior(rows, 0).of(k).bits).mean())


def write_density(out: ByteWriter, density: tuple[Array, Array]) -> None:
    """Into the header."""
    for part in density:
        out.array(part.astype(np.float32))


def read_density(source: ByteReader, latent_dim: int) -> tuple[Array, Array]:
    """From the header."""
    return source.array("f4", latent_dim), source.array("f4", latent_dim)
