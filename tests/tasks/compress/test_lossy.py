"""The lossy code: latents on a grid, E[x|z] back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from quintet.data.dataset import Rows
from quintet.tasks.compress import bits_per_dimension, compress, decompress, rate_distortion
from tests.tasks.compress.models import TRAINING, digits, model, takers, trained_digits


@pytest.mark.parametrize(("data", "variant"), takers())
def test_shape_and_dtype_come_back(data: str, variant: str) -> None:
    f, X = model(data, variant), TRAINING[data]
    back = decompress(f, compress(f, X, lossy=True))
    assert back.shape == X.shape
    assert np.isfinite(back.astype(float)).all()


def test_finer_steps_cost_more_and_lose_less() -> None:
    X, _ = digits()
    table = rate_distortion(trained_digits(), X[1500:], steps=(0.1, 1.0, 4.0, 16.0))
    assert [row["bytes"] for row in table] == sorted((row["bytes"] for row in table), reverse=True)
    assert [row["psnr"] for row in table] == sorted((row["psnr"] for row in table), reverse=True)
    assert table[0]["bits_per_dimension"] < bits_per_dimension(len(compress(trained_digits(), X[1500:])), X[1500:])


def test_the_finest_step_gives_the_models_own_reconstruction() -> None:
    X, _ = digits()
    f = trained_digits()
    back = decompress(f, compress(f, X[:50], lossy=2.0**-10))
    batch = Rows.of(X[:50], f.schema).batch(slice(None))
    with torch.no_grad():
        own = f.schema.to_user(f.model.decode(f.model.embed(batch.x, batch.observed)[None]).mean[0])
    assert (np.abs(back.astype(int) - own) <= 1).all()
    assert (back == own).mean() > 0.99


def test_missing_cells_come_back_filled() -> None:
    X = TRAINING["real"].copy()
    X[2, 1] = np.nan
    assert np.isfinite(decompress(model("real"), compress(model("real"), X, lossy=True))).all()


def test_no_rows() -> None:
    f = model("image8")
    assert decompress(f, compress(f, TRAINING["image8"][:0], lossy=True)).shape == (0, 5, 4)
