"""Law 15: a model on a GPU answers as on the processor; the GPU is a stand-in that refuses tensors of both memories."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quintet import VAE
from quintet.training import precision
from tests.fake_gpu import CPU, GPU, fake_gpu
from tests.laws import mixed, models
from tests.shared import Shared


def on_gpu(vae: VAE, ask: Callable[[VAE], dict[str, Any]]) -> dict[str, Any]:
    """The answers of a copy of the model that lies on the stand-in."""
    moved = copy.deepcopy(vae)
    with fake_gpu():
        for module in (moved.fitted_.model, moved.fitted_.guide):
            assert module is not None
            module.to(GPU)
        assert moved.fitted_.device == GPU
        return ask(moved)


@pytest.fixture(autouse=True)
def _in_full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Candidates are searched in half precision where the processor has it; the stand-in has none."""
    monkeypatch.setattr(precision, "cpu_has_bf16", lambda: False)


@pytest.mark.parametrize("question", models.QUESTIONS)
def test_images(known: Callable[[str], VAE], question: str) -> None:
    expected = models.ask(known("vae"), question)
    found = on_gpu(known("vae"), lambda vae: models.ask(vae, question))
    for name, of in expected.items():
        np.testing.assert_allclose(found[name], of, rtol=1e-4, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("question", mixed.QUESTIONS)
def test_tables_with_a_context_decoder(shared: Shared, question: str) -> None:
    vae = shared("mixed-vae", lambda: mixed.trained("vae"))
    expected, found = mixed.ask(vae, question), on_gpu(vae, lambda moved: mixed.ask(moved, question))
    for name, of in expected.items():
        if isinstance(of, pd.DataFrame):
            pd.testing.assert_frame_equal(found[name], of)
        else:
            np.testing.assert_allclose(found[name], of, rtol=1e-4, atol=1e-4, err_msg=name)


def test_a_model_that_has_answered_answers_on_another_device(shared: Shared) -> None:
    """What a context decoder keeps of its first answers lies on the device of those."""
    vae = copy.deepcopy(shared("mixed-vae", lambda: mixed.trained("vae")))
    first = mixed.ask(vae, "generate")["generate"]
    with fake_gpu():
        vae.fitted_.model.to(GPU)
        pd.testing.assert_frame_equal(mixed.ask(vae, "generate")["generate"], first)
        vae.fitted_.model.to(CPU)
    pd.testing.assert_frame_equal(mixed.ask(vae, "generate")["generate"], first)
