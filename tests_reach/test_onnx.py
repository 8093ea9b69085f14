"""ONNX graphs answer as PyTorch does: every variant and kind of cells, by ONNX Runtime."""

import numpy as np
import pytest
import torch

from quintet import variants
from quintet.data.schema import Schema
from quintet.export.model_graphs import GRAPHS
from quintet.export.reasons import why_lacking
from quintet.models.fitted import Fitted
from quintet.networks import Mlp
from tests_reach.onnx_models import (
    DIGITS,
    LABELS,
    LATENTS,
    Array,
    calibrated,
    check,
    export_of,
    perturbed,
    session,
    untrained,
)


@pytest.mark.parametrize("variant", variants.names())
def test_graphs_of_every_variant_answer_as_pytorch(variant: str) -> None:
    options = variants.get(variant)
    y = LABELS[:60] if options.conditional else None
    schema = Schema.infer(DIGITS[:60], y, unlabelled=options.unlabelled)
    fitted = untrained(variant, schema)
    if variant == "gan":
        assert check(fitted, DIGITS[:60]) == ["decoder", "log_prob", "prior_log_prob"]
        return
    made = check(calibrated(fitted, DIGITS[:60], y), DIGITS[:60])
    assert made == ["encoder", "partial_encoder", "decoder", "log_prob", "prior_log_prob", "detector"]


def test_graphs_of_a_teacher_forced_decoder_answer_as_pytorch() -> None:
    schema = Schema.infer(DIGITS[:60])
    torch.manual_seed(0)
    recipe = variants.get("vrae")(steps="rows", teacher_forcing=True).build(schema, LATENTS, Mlp((12,)))
    fitted = perturbed(Fitted(schema, recipe.model, recipe.guide, options={"variant": "vrae"}))
    assert check(fitted, DIGITS[:60], ["decoder", "log_prob"]) == ["decoder", "log_prob"]
    long = Schema.infer(np.random.default_rng(0).random((20, 80)), sequential=True)
    recipe = variants.get("vrae")(teacher_forcing=True).build(long, LATENTS, Mlp((12,)))
    assert "80 steps" in str(why_lacking(Fitted(long, recipe.model), "decoder"))


def rows_of(kind: str) -> tuple[Array, Schema]:
    """Rows of a kind of cells, and their schema."""
    random = np.random.default_rng(0)
    if kind == "colour":
        X: Array = np.stack([DIGITS[:40, :7, :6]] * 3, -1) * 15
        return X, Schema.infer(X)
    if kind == "far":  # seconds since 1970: float32 knows every second minute of them
        X = 1.7e9 + random.integers(0, 10**5, (40, 3)).astype(np.float64)
        return X, Schema.infer(X)
    X = {
        "unit": random.random((40, 6)),
        "binary": random.integers(0, 2, (40, 6)),
        "count": random.poisson(4, (40, 6)),
        "real": np.where(random.random((40, 6)) < 0.2, np.nan, 100 + 3 * random.normal(size=(40, 6))),
    }[kind]
    return X, Schema.infer(X, kind=kind)


@pytest.mark.parametrize("kind", ["unit", "binary", "count", "real", "colour", "far"])
def test_graphs_of_every_kind_of_cells_answer_as_pytorch(kind: str) -> None:
    X, schema = rows_of(kind)
    fitted = untrained("vae", schema)
    assert len(check(fitted, X)) == 5
    dtype = GRAPHS["encoder"](fitted).cells.dtype
    assert dtype == (torch.float64 if kind == "far" else torch.float32)


def test_cells_without_a_training_value_are_not_read() -> None:
    X = np.random.default_rng(0).normal(size=(40, 5))
    X[:, 2] = np.nan
    fitted = untrained("vae", Schema.infer(X))
    run = session(export_of(fitted, "encoder"))
    seen = np.ones((1, 5), dtype=bool)
    x = np.zeros((1, 5), dtype=np.float32)
    other = x.copy()
    other[0, 2] = 7
    np.testing.assert_array_equal(
        run.run(None, {"x": x, "observed": seen}), run.run(None, {"x": other, "observed": seen})
    )
