"""Tables of counts: asked for by name, whole numbers in and out, and all five questions answered."""

from __future__ import annotations

import numpy as np
import pytest

from quintet import VAE
from quintet.data.rows import Rows
from quintet.data.schema import LARGEST_COUNT, Schema
from quintet.errors import InputError

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
