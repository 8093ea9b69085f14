"""No answer holds NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.errors import Unanswerable

X = np.random.default_rng(0).normal(size=(60, 4))


@pytest.fixture(scope="module")
def broken() -> VAE:
    """A model whose decoder and encoder give NaN."""
    vae = VAE(latent_dim=2, network={"hidden": (8,)}, epochs=2).fit(X)
    with torch.no_grad():
        for parameter in vae.fitted_.model.parameters():
            parameter.fill_(torch.nan)
    return vae


@pytest.mark.parametrize(
    ("question", "arguments"),
    [
        ("generate", (3,)),
        ("transform", (X,)),
        ("reconstruct", (X,)),
        ("inverse_transform", (np.zeros((2, 2)),)),
        ("score", (X,)),
        ("log_prob", (X,)),
    ],
)
def test_a_question_raises_rather_than_give_nan(broken: VAE, question: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(Unanswerable, match=f"{question} gave NaN.*fit again"):
        getattr(broken, question)(*arguments)
