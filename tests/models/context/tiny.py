"""Small context models with weights that make cells depend on each other strongly, without training."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import torch

from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import encode_frame, learn_columns
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.estimators import building
from quintet.models.context.model import ContextModel
from quintet.networks import Mlp
from quintet.variants import get


def rows_of(frame: pd.DataFrame) -> Rows:
    """The frame's rows under a schema learnt from them."""
    read = read_frame(frame)
    columns = learn_columns(read)
    cells = encode_frame(columns, read)
    return Rows.of(cells, Schema.of_columns(columns, read.container, cells))


def schema_of(frame: pd.DataFrame) -> Schema:
    """The schema that is learnt from a frame."""
    read = read_frame(frame)
    columns = learn_columns(read)
    return Schema.of_columns(columns, read.container, encode_frame(columns, read))


def context_model(schema: Schema, latent_dim: int = 2, seed: int = 0) -> ContextModel:
    """A vae with a context decoder, of random weights that are larger than those that training begins with."""
    recipe = building.build(get("vae")(), schema, latent_dim, Mlp(hidden=(8,)), seed, context="columns")
    model = recipe.model.eval()
    assert isinstance(model, ContextModel)
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in (model.context.out.weight, model.context.null, model.context.inputs.seen):
            weight.copy_(0.15 * torch.randn(weight.shape, generator=draw))
    return model.requires_grad_(False)


@cache
def levels_frame() -> pd.DataFrame:
    """Three columns of 2, 3 and 2 levels."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"a": rng.choice(["x", "y"], 60), "b": rng.choice(["p", "q", "r"], 60), "c": rng.random(60) < 0.5}
    )


@cache
def mixed_frame(columns: int = 5) -> pd.DataFrame:
    """Levels and numbers in turn, with missing cells."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            f"c{i}": rng.choice(["u", "v", "w"], 40) if i % 2 else np.round(rng.normal(i, 2, 40), 3)
            for i in range(columns)
        }
    )
    return frame.mask(rng.random(frame.shape) < 0.1)
