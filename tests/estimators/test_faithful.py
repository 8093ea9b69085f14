"""A fit whose means are far from the data's warns; one that learnt the data's scale does not."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.marginals import marginals
from quintet.data.schema import Schema
from quintet.errors import QuintetWarning
from quintet.estimators._fit.mean_check import STEPS, check_means, far_share

RNG = np.random.default_rng(0)
DATA = {
    "count": RNG.poisson(400, (60, 4)),
    "real": RNG.normal(50.0, 3.0, (60, 4)),
    "unit": RNG.beta(2.0, 5.0, (60, 6)),
    "image8": RNG.integers(200, 210, (60, 6)),
}


@pytest.mark.parametrize("kind", DATA)
def test_a_model_whose_head_lost_the_scale_of_the_data_is_warned_of(kind: str) -> None:
    X = DATA[kind]
    vae = VAE(latent_dim=1, epochs=1, kind=kind, network={"kind": "mlp", "hidden": (8,)}).fit(X)
    assert not [note for note in vae.notes_ if "scale of the data" in note]
    broken = copy.deepcopy(vae.fitted_)
    with torch.no_grad():
        for parameter in broken.model.parameters():
            parameter.fill_(0.0 if kind == "count" else 5.0)
        for name, start in broken.model.named_buffers():
            if "start" in name:
                start.zero_()
    with pytest.warns(QuintetWarning, match="more epochs"):
        assert check_means(broken, Rows.of(X, broken.schema), 0, STEPS)
    assert not check_means(broken, Rows.of(X, broken.schema), 0, STEPS - 1)


@pytest.mark.parametrize(("factor", "far"), [(1.0, 0.0), (1.5, 0.0), (0.01, 1.0), (5.0, 1.0)])
def test_counts_are_judged_by_factors(factor: float, far: float) -> None:
    schema = Schema.infer(DATA["count"], kind="count")
    rows = Rows.of(DATA["count"], schema)
    assert far_share(schema, marginals(rows), factor * rows.values.float()) == far
