"""Latents help to predict hidden pixels only where that is certain."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from quintet.data.dataset import Batch, Rows
from quintet.data.schema import Schema
from quintet.inference import context_latents
from quintet.inference.context_latents import choose_latents
from quintet.inference.context_posterior import OPTION

IMAGES = np.random.default_rng(0).integers(0, 256, (48, 6, 5, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    ("with_latents", "without", "expected"),
    [(5.0, 5.0, False), (5.0, 9.0, True), (9.0, 5.0, False), (5.0, 5.02, False)],
)
def test_latents_are_used_where_they_are_certainly_better(
    monkeypatch: pytest.MonkeyPatch, with_latents: float, without: float, expected: bool
) -> None:
    schema = Schema.infer(IMAGES)
    rows = Rows.of(IMAGES, schema)
    fitted: Any = SimpleNamespace(
        model=SimpleNamespace(reads_plain=True), schema=schema, options={}, device=torch.device("cpu")
    )
    truth = rows.batch(slice(None)).x

    def answered(_: Any, asked: Batch, *rest: Any) -> list[Any]:
        spread = with_latents if fitted.options[OPTION] else without
        wrong = truth + spread * torch.randn(
            truth.shape, generator=torch.Generator().manual_seed(int(fitted.options[OPTION]))
        )
        part = SimpleNamespace(mean=wrong[None])
        return [SimpleNamespace(decoded=lambda model: [(part, torch.ones(len(truth)))])]

    monkeypatch.setattr(context_latents, "missing_posterior", answered)
    monkeypatch.setattr(Rows, "batch", lambda self, index: Batch(truth, torch.ones_like(truth, dtype=torch.bool)))
    note = choose_latents(fitted, rows, 0)
    assert fitted.options[OPTION] is expected
    assert ("with latents" in note) is expected
