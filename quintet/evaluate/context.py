"""Figures of a context decoder: what the latents explain, and how far orders of the cells disagree."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.inference.chain import Order, random_orders
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.inference.condition_search import explaining_condition
from quintet.inference.likelihood import Decode, log_prob_of_pairs, proposal, units
from quintet.models.context.model import ContextModel
from quintet.models.fitted import Fitted
from quintet.models.objectives.elbo import masked_sum
from quintet.noise import OwnNoise, row_keys

ORDERS = 8
"""Random orders of the cells."""
DRAWS = 4
"""Draws of z for each row, those of the ELBO."""


def context_figures(
    fitted: Fitted,
    rows: Rows,
    distortion: float,
    *,
    batch_rows: int = 256,
    seed: int = 0,
    progress: RowProgress | None = None,
) -> dict[str, float]:
    """What the latents explain, and the spread over orders of the cells; empty for a model without a context decoder.

    In nats a row, as ``distortion``, -log p(x|z) in the stored order: "distortion_without_latents", -log p(x) where the
    learnt null takes the place of z; "explained_by_latents", that less ``distortion``; "distortion_random_orders" and
    "distortion_random_orders_std", mean and standard deviation of -log p(x|z) over ``ORDERS`` random orders.
    """
    model = fitted.model
    if not isinstance(model, ContextModel):
        return {}
    in_units = units(fitted.schema).to(fitted.device)
    orders = random_orders(fitted.schema.size, ORDERS, seed)

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        condition = explaining_condition(fitted, batch)
        noise = OwnNoise((seed, 31), row_keys(batch.x, batch.observed), DRAWS, fitted.device)
        z, wanted = proposal(fitted, batch, condition).sample(noise), len(rows) - start
        shift = masked_sum(in_units.expand_as(batch.x)[None], batch.observed)[0]

        def in_order(order: Order) -> Decode:
            return lambda z, c: model.decode(z, c).in_order(order)

        def distortion(decode: Decode, z: Tensor) -> Tensor:
            return -log_prob_of_pairs(decode, batch, condition, z, wanted).mean(0) - shift

        by_order = [distortion(in_order(order), z) for order in orders]
        without = distortion(lambda z, c: model.without_latents(z.shape[1], c), z[:1])
        return {"orders": torch.stack(by_order, -1), "without": without}

    with torch.no_grad():
        found = in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="orders")
    beyond = float(rows.beyond_nats().double().mean())
    by_order, without = found["orders"].double().mean(0) + beyond, float(found["without"].double().mean()) + beyond
    return {
        "distortion_without_latents": without,
        "explained_by_latents": without - distortion,
        "distortion_random_orders": float(by_order.mean()),
        "distortion_random_orders_std": float(by_order.std()),
    }
