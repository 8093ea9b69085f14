"""All figures at once, on small models of each kind of posterior."""

import math
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.evaluate import evaluate

DIGITS = load_digits()
X, Y = DIGITS.images.astype(np.uint8), DIGITS.target
SMALL: dict[str, Any] = {
    "network": {"kind": "mlp", "hidden": (32,)},
    "latent_dim": 4,
    "epochs": 15,
    "random_state": 0,
    "calibration": 0.0,
}


@pytest.mark.parametrize("variant", ["vae", "ae", "cvae"])
def test_figures_hang_together(variant: str) -> None:
    vae = VAE(variant, **SMALL).fit(X[:600], Y[:600])
    fitted = vae.fitted_
    found = evaluate(fitted, Rows.of(X[600:800], fitted.schema), draws=50)
    assert found["rows"] == 200
    assert found["elbo"] < found["iw_bound"] < found["log_prob"] < 0
    assert found["bits_per_dimension"] == pytest.approx(-found["elbo"] / 64 / math.log(2))
    assert found["bits_per_dimension"] > found["bits_per_dimension_log_prob"]
    if variant != "cvae":
        assert found["distortion"] + found["rate"] == pytest.approx(-found["elbo"], abs=0.01)
    if variant == "vae":
        assert sum(found["rate_per_latent"]) == pytest.approx(found["rate"], rel=1e-3)
    assert len(found["rate_per_latent"]) == found["latent_dim"] == 4
    assert 0 <= found["active_units"] <= 4
    assert all(isinstance(v, int | float | list) for v in found.values())


def test_reconstruction_is_measured_in_the_users_units() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(300, 1)) * [100.0, 1.0] + 0.01 * rng.normal(size=(300, 2))
    vae = VAE(**{**SMALL, "epochs": 60}).fit(table)
    found = evaluate(vae.fitted_, Rows.of(table, vae.fitted_.schema), draws=10)
    assert "psnr" not in found
    back = np.asarray(vae.reconstruct(table))
    assert found["mse"] == pytest.approx(np.square(back - table).mean(), rel=1e-3)


def test_only_observed_cells_count() -> None:
    vae = VAE(**SMALL).fit(X[:600])
    mask = np.random.default_rng(0).random(X[600:650].shape) < 0.3
    other = np.where(mask, 16 - X[600:650], X[600:650]).astype(np.uint8)
    one, two = (evaluate(vae.fitted_, Rows.of(x, vae.fitted_.schema, mask=mask), draws=5) for x in (X[600:650], other))
    assert one == two
