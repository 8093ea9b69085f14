"""Parts of exported graphs that need no ONNX: units of cells, fixed draws, and what a model lacks."""

import warnings

import numpy as np
import pytest
import torch

from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.distributions import Categorical
from quintet.export.cells import Cells, input_dtype
from quintet.export.fixed_noise import FixedNoise
from quintet.export.reasons import why_lacking
from quintet.models.fitted import Fitted
from quintet.networks import Mlp
from quintet.noise import Noise
from quintet.variants import get

RANDOM = np.random.default_rng(0)
ROWS = {
    "numbers": RANDOM.normal(size=(30, 4)) * 3 + 100,
    "grey": RANDOM.integers(0, 256, (30, 5, 6)).astype(np.uint8),
    "colour": RANDOM.integers(0, 256, (30, 5, 6, 3)).astype(np.uint8),
}


@pytest.mark.parametrize("name", ROWS)
def test_cells_are_those_of_the_model_and_come_back(name: str) -> None:
    X = ROWS[name]
    schema = Schema.infer(X)
    cells = Cells(schema)
    x = torch.from_numpy(X).to(cells.dtype)
    inner = cells.to_model(x)
    torch.testing.assert_close(inner, Rows.of(X, schema).batch(slice(None)).x, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(cells.to_user(inner), x.float(), rtol=1e-5, atol=1e-4)


def test_a_constant_cell_comes_back_as_its_value() -> None:
    X = ROWS["numbers"].copy()
    X[:, 1] = 7.5
    cells = Cells(Schema.infer(X))
    assert (cells.to_user(torch.randn(3, 4))[:, 1] == 7.5).all()


@pytest.mark.parametrize(("far", "dtype"), [(0.0, torch.float32), (1.7e9, torch.float64)])
def test_cells_that_float32_cannot_tell_apart_are_read_as_float64(far: float, dtype: torch.dtype) -> None:
    assert input_dtype(Schema.infer(far + 1000 * RANDOM.normal(size=(30, 2)))) == dtype


def test_fixed_draws_are_those_of_the_noise_in_every_pass() -> None:
    noise, fixed = Noise((2, 3), draws=4, shared=True), FixedNoise((2, 3), draws=4)
    wanted = noise.normal(5, 3), noise.uniform(5, 2, 2)
    for rows in (5, 1, 5):
        again = fixed.begin()
        found = again.normal(rows, 3), again.uniform(rows, 2, 2)
        for want, got in zip(wanted, found, strict=True):
            torch.testing.assert_close(got, want[:, :rows], rtol=0, atol=0)


def test_entries_of_a_table_are_the_same_in_a_trace() -> None:
    def terms(logits: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return Categorical(logits).log_prob(x)

    logits, x = torch.randn(2, 3, 4, 5), torch.tensor([[0.0, 4, torch.nan, 2]]).expand(3, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # PyTorch's own, on the exporter that traces
        traced = torch.jit.trace(terms, (logits, x), check_trace=False)
    torch.testing.assert_close(traced(logits, x), terms(logits, x), equal_nan=True)


def test_a_generator_lacks_what_needs_a_posterior() -> None:
    schema = Schema.infer(ROWS["grey"])
    recipe = get("gan")().build(schema, 3, Mlp((8,)))
    fitted = Fitted(schema, recipe.model, recipe.guide, options={"variant": "gan"})
    assert "'gan'" in str(why_lacking(fitted, "encoder"))
    assert why_lacking(fitted, "decoder") is None
    assert "context decoder" in str(why_lacking(fitted, "context_decoder"))
    assert "partial encoder" in str(why_lacking(fitted, "partial_encoder"))
