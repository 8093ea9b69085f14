"""The order in which a chain visits the cells: its candidates, and the choice between them.

The conditionals of an order-agnostic decoder are not those of one joint, so that orders disagree about log p(x). One is
stored with the model, and every score, draw and file uses it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.distributions.chain import Chain, groups_of
from quintet.inference.chunks import to_device
from quintet.models.base import Model
from quintet.models.context.model import ContextModel
from quintet.models.objectives.elbo import observed_log_prob
from quintet.models.partial_encoder_stage import evaluating
from quintet.noise import Noise

ROWS = 500
"""Rows by which the order is chosen, at most."""
GREEDY_CELLS = 8_000
"""Cells of the rows by which the greedy orders are made, at most: each takes up to 64 passes through all cells."""
RANDOM = 4
"""Random orders among the candidates."""
CERTAIN = 2.0
"""Standard errors by which an order must be better than the natural one."""

Order = tuple[int, ...]


@torch.no_grad()
def choose_order(model: Model, rows: Rows, seed: int) -> str:
    """Store the order with the largest log p(x|z) of some rows; that of the columns if in doubt.

    The rows must not be among those that calibrate p-values: scores of calibration rows and of new normal rows are
    exchangeable only if the score, of which the order is a part, was fixed without either. Rows that trained the
    decoder are allowed: all orders share its weights, and what it has memorised raises log p(x|z) in each of them.

    Returns
    -------
    A sentence on the choice; empty for a model without a context decoder.
    """
    if not isinstance(model, ContextModel) or not len(rows):
        return ""
    fixed = model.context.fixed_groups
    if fixed is not None:
        return f"order of the chain: {len(fixed)} groups of the layout"
    index = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:ROWS]
    batch = to_device(rows.batch(index.sort().values), model.device)
    with evaluating(model):
        chain = _chain(model, batch, seed)
        orders = candidates(model, batch, seed)
        found = torch.stack([order_log_prob(chain, batch, order) for order in orders]).double()
    gain = found - found[0]
    certain = gain.mean(1) > CERTAIN * gain.std(1, correction=0) / len(batch) ** 0.5
    best = int(torch.where(certain, gain.mean(1), 0.0).argmax())
    model.set_order(orders[best])
    if not best:
        return "order of the chain: that of the columns"
    better = float(gain[best].mean())
    return f"order of the chain: one of {len(orders)}, {better:.2g} nats a row above that of the columns"


def _chain(model: ContextModel, batch: Batch, seed: int) -> Chain:
    """p(x|z) of one draw of z for each row; without latents where the model has no posterior."""
    if not model.has_posterior:
        return model.without_latents(len(batch), batch.condition)
    q = model.posterior(batch.x, batch.observed, batch.condition)
    return model.decode(q.sample(Noise((seed, 42), device=model.device)), batch.condition)


def order_log_prob(chain: Chain, batch: Batch, order: Sequence[int]) -> Tensor:
    """log p(observed cells) in another order, in nats, averaged over draws, (batch,)."""
    return observed_log_prob(chain.in_order(order), batch.x, batch.observed).mean(0)


def candidates(model: ContextModel, batch: Batch, seed: int) -> list[Order]:
    """Orders without repetition: that of the columns first, two greedy ones, and random ones."""
    greedy = [_greedy(model, batch, sign) for sign in (1.0, -1.0)]
    return list(
        dict.fromkeys([tuple(range(model.schema.size)), *greedy, *random_orders(model.schema.size, RANDOM, seed)])
    )


def random_orders(cells: int, count: int, seed: int) -> list[Order]:
    """Independent random orders of the cells."""
    noise = Noise((seed, 41), draws=count)
    return [tuple(draw.argsort().tolist()) for draw in noise.uniform(1, cells)[:, 0]]


def _greedy(model: ContextModel, batch: Batch, sign: float) -> Order:
    """Group after group the cells about which those before say the most (``sign`` 1), or the least (-1)."""
    every = slice(None, None, -(-batch.x.numel() // GREEDY_CELLS))
    x, observed = batch.x[None, every], batch.observed[None, every].to(batch.x.dtype)
    condition = None if batch.condition is None else batch.condition[every]
    there = batch.observed[every].flatten(1)
    count = there.sum(0).clamp(min=1)

    def mean_log_prob(order: Sequence[int]) -> Tensor:
        visible = torch.zeros_like(observed)
        visible.flatten(2)[..., list(order)] = observed.flatten(2)[..., list(order)]
        found = model.decode(None, condition, x, visible).independent.log_prob(x)[0].flatten(1)
        return torch.where(there, found, 0.0).sum(0) / count

    order: list[int] = []
    alone = mean_log_prob([])
    for group in groups_of(range(model.schema.size)):
        gain = sign * (mean_log_prob(order) - alone)
        gain[order] = -torch.inf
        order += torch.argsort(-gain, stable=True)[: len(group)].tolist()
    return tuple(order)
