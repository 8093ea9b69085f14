"""Tables of counts: by ``kind``, whole numbers in and out, and all five questions answered."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.kind_columns import LARGEST_COUNT
from quintet.data.schema import Schema
from quintet.distributions.counts import NegativeBinomial
from quintet.errors import InputError, QuintetWarning

RNG = np.random.default_rng(0)
COUNTS = RNG.negative_binomial(1.0, 0.2, (80, 18)) * (RNG.random((80, 18)) < 0.6)


def test_counts_are_whole_numbers_of_any_dtype_with_holes() -> None:
    holed = COUNTS.astype(float)
    holed[0, 0] = np.nan
    for X in (COUNTS, holed, COUNTS.astype(np.int16)):
        schema = Schema.infer(X, kind="count")
        assert (schema.kind, schema.levels) == ("count", int(np.nanmax(X)) + 1)
        rows = Rows.of(X, schema)
        back = schema.to_user(rows.values)
        assert back.dtype == X.dtype
        assert (back[1:] == X[1:]).all()
    assert Schema.infer(COUNTS).kind == "real"  # a table of whole numbers may hold anything, so it is not guessed


@pytest.mark.parametrize("bad", [-1.0, 0.5, LARGEST_COUNT + 1.0])
def test_what_is_no_count_is_refused(bad: float) -> None:
    X = COUNTS.astype(float)
    X[3, 4] = bad
    with pytest.raises(InputError, match=r"whole|between 0 and"):
        Schema.infer(X, kind="count")


@pytest.mark.parametrize("likelihood", ["negative_binomial", "zero_inflated"])
def test_all_five_questions_of_counts(likelihood: str) -> None:
    from quintet.variants.vae import Vae

    vae = VAE(
        Vae(likelihood=likelihood), latent_dim=3, epochs=4, kind="count", network={"kind": "mlp", "hidden": (16,)}
    )
    vae.fit(COUNTS)
    new = vae.generate(5)
    assert (new.dtype, new.shape, new.min() >= 0) == (COUNTS.dtype, (5, 18), True)
    beyond = COUNTS[:6].copy()
    beyond[0, 0] = 5 * COUNTS.max()  # more than training ever showed
    np.testing.assert_array_equal(vae.decompress(vae.compress(beyond)), beyond)
    mask = RNG.random(beyond.shape) < 0.4
    filled = vae.impute(beyond, mask=mask, draws=2, batch_rows=8)
    assert np.isfinite(filled).all()
    assert (filled[0][~mask] == beyond[~mask]).all()
    assert np.isfinite(vae.denoise(beyond, batch_rows=8)).all()
    assert np.isfinite(vae.decision_function(beyond)).all()
    assert (vae.log_prob(beyond, draws=5) < 0).all()  # a mass, not a density


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "i4", "f2", "f4"])
@pytest.mark.parametrize("kind", ["count", "image"])
def test_what_a_type_does_not_hold_is_its_largest_number_and_wraps_nowhere(kind: str, dtype: str) -> None:
    small = np.arange(90).reshape(10, 9).astype(dtype)
    schema = Schema.infer(small, kind="count") if kind == "count" else Schema.infer(small.reshape(10, 3, 3))
    most = float(np.finfo(dtype).max if dtype[0] == "f" else np.iinfo(dtype).max)
    back = schema.in_user_units(torch.full((1, *schema.shape), 1e6))
    assert back.dtype == small.dtype
    assert (back > 0).all()
    assert np.isfinite(back).all()
    assert (back == min(most, LARGEST_COUNT if kind == "count" else schema.top, 1e6)).all()


@pytest.mark.usefixtures("measured_in_full")
def test_a_fit_of_counts_asks_no_table_as_long_as_the_largest_count(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    log_prob = NegativeBinomial.log_prob

    def counted(self: NegativeBinomial, x: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return log_prob(self, x)

    monkeypatch.setattr(NegativeBinomial, "log_prob", counted)
    X = RNG.poisson(30_000, size=(60, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        VAE(kind="count", latent_dim=2, epochs=1, calibration=0.3, network={"kind": "mlp", "hidden": (8,)}).fit(X)
    assert len(calls) < 5000
