"""Labels and numbers that cannot be a condition are refused by what is wrong with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quintet import VAE
from quintet.data.condition import Condition
from quintet.errors import InputError
from quintet.variants.vq import Vq

Y = np.arange(6) % 3


@pytest.mark.parametrize(
    ("y", "unlabelled", "says"),
    [
        (Y + 1j, None, "numbers or text, got dtype complex128"),
        (Y.astype("datetime64[D]"), None, "numbers or text, got dtype datetime64"),
        (np.where(Y == 1, np.nan, Y), None, "NaN.*-1"),
        (np.where(Y == 1, None, Y), None, "none for row 1.*-1"),
        ([], None, "got 0 rows"),
        ([], -1, "got 0 rows"),
        (np.full(6, -1), -1, "-1 .unlabelled. in all rows"),
    ],
    ids=["complex", "dates", "NaN", "None", "empty", "empty, some unlabelled", "none labelled"],
)
def test_what_no_condition_can_be_learnt_from_is_refused(y: Any, unlabelled: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Condition.infer(y, unlabelled)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_that_is_none_is_refused_where_a_condition_is_given(value: float) -> None:
    condition = Condition.infer(np.random.default_rng(0).normal(size=(20, 2)))
    with pytest.raises(InputError, match="finite"):
        condition.encode([0.1, value], 4)


def test_a_model_that_no_memory_holds_is_refused_with_what_to_change() -> None:
    with pytest.raises(InputError, match="does not fit into memory: ask for fewer latents"):
        VAE(Vq(codes=10**12), latent_dim=4, epochs=1).fit(np.random.default_rng(0).normal(size=(20, 3)))


def test_a_name_of_another_type_is_refused() -> None:
    vae = VAE(epochs=1, latent_dim=2, network={"kind": "mlp", "hidden": (4,)}).fit(np.eye(20))
    with pytest.raises(InputError, match="sampler must be a string or None, got 3"):
        vae.generate(2, sampler=3)
