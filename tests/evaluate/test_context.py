"""Figures of a context decoder, and law 1 for its chain."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from quintet.data.dataset import Rows
from quintet.evaluate import context, evaluate
from quintet.inference.likelihood import units
from quintet.models.context.model import ContextModel
from quintet.models.fitted import Fitted
from tests.models.context.tiny import context_model, mixed_frame, rows_of, schema_of
from tests.tasks.compress.models import fitted_rows

STORED = (3, 1, 4, 0, 2)


@cache
def fitted() -> Fitted:
    model = context_model(schema_of(mixed_frame()))
    model.set_order(STORED)
    return Fitted(model.schema, model, fingerprint="figures", options={"variant": "vae"})


def rows() -> Rows:
    return rows_of(mixed_frame())


@cache
def figures() -> dict[str, Any]:
    return evaluate(fitted(), rows(), draws=50)


def test_bounds_of_the_chain_stand_in_order() -> None:
    found = figures()
    assert found["elbo"] < found["iw_bound"] < found["log_prob"]
    assert found["distortion"] + found["rate"] == pytest.approx(-found["elbo"], abs=1e-3)


def test_what_the_latents_explain_is_the_gain_over_the_chain_without_them() -> None:
    found, batch, model = figures(), rows().batch(slice(None)), fitted().model
    assert isinstance(model, ContextModel)
    cells = model.without_latents(len(batch)).terms(batch.x, batch.observed)[0] + units(model.schema)
    wanted = -float(torch.where(batch.observed, cells, 0.0).sum(1).mean())
    assert found["distortion_without_latents"] == pytest.approx(wanted, rel=1e-5)
    assert found["explained_by_latents"] == pytest.approx(wanted - found["distortion"], abs=1e-4)


def test_the_stored_order_among_the_random_ones_has_the_distortion(monkeypatch: pytest.MonkeyPatch) -> None:
    distortion, natural = figures()["distortion"], tuple(range(5))
    alone = {}
    for order in (STORED, natural):
        monkeypatch.setattr(context, "random_orders", lambda *_, order=order: [order, order])
        alone[order] = context.context_figures(fitted(), rows(), distortion)
        assert alone[order]["distortion_random_orders_std"] == 0
    assert alone[STORED]["distortion_random_orders"] == pytest.approx(distortion, rel=1e-5)
    monkeypatch.setattr(context, "random_orders", lambda *_: [STORED, natural])
    both = context.context_figures(fitted(), rows(), distortion)
    values = [each["distortion_random_orders"] for each in alone.values()]
    assert both["distortion_random_orders"] == pytest.approx(np.mean(values))
    assert both["distortion_random_orders_std"] == pytest.approx(np.std(values, ddof=1))
    assert both["distortion_random_orders_std"] > 0


def test_a_model_without_context_has_no_such_figures() -> None:
    schema = schema_of(mixed_frame())
    plain = fitted_rows(schema, rows().values.numpy())
    assert not context.context_figures(plain, rows(), 0.0)
