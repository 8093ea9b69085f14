"""Cells that no training row could hold are strange, and never a reason to refuse a question."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet import VAE
from quintet.data.dataset import BEYOND, Rows
from quintet.data.schema import Schema
from quintet.errors import InputError, QuintetWarning
from tests.shared import hardly_measured

RNG = np.random.default_rng(0)
ROWS: dict[str, np.ndarray[Any, Any]] = {
    "image8": RNG.integers(0, 17, (80, 25)).astype(float),
    "unit": RNG.random((80, 64)),
    "binary": RNG.integers(0, 2, (80, 6)).astype(float),
    "count": RNG.poisson(4, (80, 6)).astype(float),
}
STRANGE = {"image8": (-3.0, 4.5), "unit": (1.02,), "binary": (2.0, 0.5), "count": (-2.0, 0.5)}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(ROWS)), st.floats(-1e6, 1e6), st.booleans())
def test_the_nearest_legal_value_stands_in(kind: Any, value: float, missing: bool) -> None:
    X = ROWS[kind]
    schema = Schema.infer(X, kind="count" if kind == "count" else "auto")
    assert schema.kind == kind
    rows = X[:3].copy()
    rows[1, 2] = value
    mask = np.zeros(X[:3].shape, dtype=bool)
    mask[1, 2] = missing
    found = Rows.of(rows, schema, mask=mask)
    top = {"unit": 1.0, "binary": 1.0, "image8": 16.0, "count": 2.0**24}[kind]
    legal = 0 <= value <= top and (kind == "unit" or value == round(value))
    if missing or legal:
        assert found.beyond is None
        return
    assert found.beyond is not None
    assert found.beyond.nonzero().tolist() == [[1, 2]]
    assert found.beyond_nats().tolist() == pytest.approx([0, BEYOND, 0])
    nearest = min(max(value if kind == "unit" else round(value), 0), top)
    assert float(found.values[1, 2]) == pytest.approx(nearest)
    assert (found.values[[0, 2]] == Rows.of(X[[0, 2]], schema).values).all()


@pytest.mark.parametrize("kind", ROWS)
def test_every_question_answers_rows_with_strange_cells(kind: str) -> None:
    X = ROWS[kind]
    with warnings.catch_warnings(), hardly_measured():
        warnings.simplefilter("ignore", QuintetWarning)
        vae = VAE(
            kind="count" if kind == "count" else "auto", latent_dim=2, epochs=2, network={"kind": "mlp", "hidden": (8,)}
        ).fit(X[:60])
    for value in STRANGE[kind]:
        rows = X[60:66].copy()
        rows[2, 1] = value
        with pytest.warns(QuintetWarning, match="lie in row 2: detect flags"):
            found = vae.detect(rows)
        assert found.scores.argmax() == 2
        assert found.p_values[2] == found.p_values.min()
        keep = [0, 1, 3, 4, 5]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", QuintetWarning)
            np.testing.assert_array_equal(found.scores[keep], vae.detect(X[60:66]).scores[keep])
            hidden = np.zeros(rows.shape, dtype=bool)
            hidden[:, 3] = True
            filled = vae.impute(rows, mask=hidden, effort="low")
            np.testing.assert_array_equal(filled[~hidden], rows[~hidden])
            clean = vae.denoise(rows, noise="replacement", effort="low")
        top = {"unit": 1.0, "binary": 1.0, "image8": 16.0}.get(kind, np.inf)
        assert 0 <= clean.min() <= clean.max() <= top
        np.testing.assert_array_equal(vae.decompress(vae.compress(rows)), rows)
        with pytest.raises(InputError, match="must"):
            vae.fit(rows, continue_training=True)  # such rows teach something wrong
