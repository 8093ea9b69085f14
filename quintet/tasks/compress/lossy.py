"""The lossy code: each row's embedding on a grid, under a normal; it decodes to E[x|z]."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.bit_stack import Stack
from quintet.codec.entropy.latent_grid import LatentGrid
from quintet.models.fitted import Fitted
from quintet.tasks.compress.coding_model import CodingModel
from quintet.tasks.compress.conditions import read_condition, write_condition
from quintet.tasks.compress.embedding import embed, grid_for
from quintet.tasks.compress.two_part import fit_embedding_normal, read_density, write_density

Array = np.ndarray[Any, Any]
POINT_SPREAD = 0.25  # stands in for the spread of a posterior that is a point, in spreads of the embeddings


def to_lossy_payload(fitted: Fitted, values: Array, condition: Tensor | None, step: float, batch_rows: int) -> bytes:
    """(n, cells) values to the latents' bytes; ``step`` of the grid in typical posterior spreads."""
    model, out = CodingModel.from_fitted(fitted), ByteWriter()
    known = embed(fitted, model, grid_for(fitted.schema, values), values, condition, batch_rows)
    write_condition(out, fitted.schema, known.condition)
    loc, scale = fit_embedding_normal(known.mean)
    usual = POINT_SPREAD * scale if known.spread is None else np.median(known.spread, 0)
    latents = LatentGrid.around(known.mean, step * usual)
    k = latents.quantise(known.mean)
    write_density(out, (loc, scale))
    latents.write(out)
    stack = Stack()
    latents.normal_block(np.broadcast_to(loc, k.shape), np.broadcast_to(scale, k.shape)).push(stack.coder, k)
    out.data += stack.to_bytes()
    return bytes(out.data)


@torch.no_grad()
def from_lossy_payload(fitted: Fitted, payload: bytes, rows: int, batch_rows: int) -> Array:
    """E[x|z] in the user's units and the training data's dtype, (n, *row_shape)."""
    source, schema = ByteReader(payload), fitted.schema
    condition = read_condition(source, schema, rows)
    loc, scale = read_density(source, fitted.model.latent_dim)
    latents = LatentGrid.read(source, fitted.model.latent_dim)
    shape = (rows, fitted.model.latent_dim)
    k = latents.normal_block(np.broadcast_to(loc, shape), np.broadcast_to(scale, shape)).pop(Stack(source.rest()).coder)
    out = []
    for start in range(0, rows, batch_rows):
        z = torch.from_numpy(latents.dequantise(k[start : start + batch_rows])).float()
        given = None if condition is None else condition[start : start + batch_rows].to(fitted.device)
        mean = fitted.model.decode(z[None].to(fitted.device), given).point[0]
        out.append(schema.to_user(torch.nan_to_num(mean)))
    return np.concatenate(out)
