"""Small models, with weights as they start: the coder has to bring every row back whatever the model thinks of it."""

from __future__ import annotations

import io
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits

from quintet.codec.container.archive import Archive, read_archive
from quintet.codec.container.block_index import LENGTH
from quintet.codec.container.checksums import CHECK, part_checksum
from quintet.codec.container.layout import HEADER
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.models.fitted import Fitted
from quintet.models.recipe import StepContext
from quintet.networks import Mlp
from quintet.noise import Noise
from quintet.tasks.compress.identity import identity_of
from quintet.variants import get, names

RNG = np.random.default_rng(0)
TRAINING: dict[str, np.ndarray[Any, Any]] = {
    "image8": RNG.integers(0, 256, (20, 5, 4)).astype(np.uint8),
    "colour": RNG.integers(0, 256, (20, 4, 3, 3)).astype(np.uint8),
    "levels": RNG.integers(0, 17, (20, 4, 4)).astype(np.uint8),
    "unit": (RNG.integers(0, 256, (20, 4, 5)) / 255).astype(np.float32),
    "binary": RNG.integers(0, 2, (20, 9)),
    "real": RNG.normal(size=(40, 3)) * [1.0, 100.0, 0.01] + [0.0, 1000.0, 5.0],
}


def takers() -> list[tuple[str, str]]:
    """(kind of rows, variant) of all variants that compress and take such rows."""
    found = []
    for data, X in TRAINING.items():
        for name in names():
            variant = get(name)
            schema = Schema.infer(X)
            chosen = variant(**variant.images_by) if schema.is_image else variant()
            if "compress" not in variant.answers and not chosen.refuses(schema):
                found.append((data, name))
    return found


@cache
def model(data: str, variant: str = "vae", **options: Any) -> Fitted:
    """A model of one kind of rows."""
    X = TRAINING[data]
    return fitted(X, variant, condition=np.arange(len(X)) % 3 if get(variant).conditional else None, **options)


def fitted(
    X: Any, variant: str = "vae", condition: Any = None, latent_dim: int = 3, steps: int = 0, **options: Any
) -> Fitted:
    """... of other rows, trained for some steps."""
    return fitted_rows(Schema.infer(X, condition), X, variant, condition, latent_dim, steps, **options)


def fitted_rows(
    schema: Schema,
    X: Any,
    variant: str = "vae",
    condition: Any = None,
    latent_dim: int = 3,
    steps: int = 0,
    name: str = "",
    **options: Any,
) -> Fitted:
    """... of rows with a schema: an array, or the cells of a table."""
    torch.manual_seed(0)
    given = {**(get(variant).images_by if schema.is_image else {}), **options}
    recipe = get(variant)(**given).build(schema, latent_dim, Mlp(hidden=(32,)))
    if steps:
        group, rows = recipe.stages[0].groups[0], Rows.of(X, schema, condition)
        optimiser = torch.optim.Adam(recipe.model.parameters(), 5e-3)
        for step in range(steps):
            batch = rows.batch(torch.randint(len(rows), (64,)))
            optimiser.zero_grad()
            group.loss(batch, Noise(step), StepContext()).loss.mean().backward()
            optimiser.step()
    name = name or f"{variant} {schema.describe()}"
    return Fitted(schema, recipe.model.eval(), fingerprint=name, options={"variant": variant})


@cache
def trained_digits(variant: str = "vae") -> Fitted:
    """A model of scikit-learn's digits, good enough to beat the general packers."""
    X, y = digits()
    return fitted(X[:1500], variant, y[:1500] if get(variant).conditional else None, latent_dim=8, steps=300)


def digits() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """(1797, 8, 8) uint8 of 0..16, and the labels."""
    data = load_digits()
    return data.images.astype(np.uint8), data.target


def blocks_of(f: Fitted, blob: bytes) -> Archive:
    """Where the blocks of a whole file stand."""
    archive = read_archive(io.BytesIO(blob), identity_of(f))
    assert archive is not None
    return archive


def kinds_of(f: Fitted, blob: bytes) -> set[int]:
    """The codes that the blocks of a file are in."""
    archive = blocks_of(f, blob)
    blocks = [archive.block(io.BytesIO(blob), entry) for entry in archive.entries]
    return {block.kind for block in blocks if block is not None}


def sealed(f: Fitted, blob: bytes, at: int, value: int) -> bytes:
    """A file with another byte somewhere, and with all checks as they then have to be."""
    archive, altered = blocks_of(f, blob), bytearray(blob)
    ends = [HEADER, *(entry.start + entry.length for entry in archive.entries), len(blob) - LENGTH]
    altered[at] = value
    for start, stop in pairwise([0, *ends]):
        body = bytes(altered[start : stop - CHECK])
        altered[stop - CHECK : stop] = part_checksum(
            (archive.entries[0].model if archive.entries else body[5:13]) if start else body[5:13], body
        )
    return bytes(altered)
