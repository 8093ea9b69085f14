"""Small models for graphs of ONNX, and the check that a graph answers as PyTorch does."""

from typing import Any

import numpy as np
import onnxruntime
import torch
from sklearn.datasets import load_digits

from quintet import variants
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.export.model_graphs import GRAPHS, traced_with
from quintet.export.modules import Graph
from quintet.export.reasons import why_lacking
from quintet.models.context.layouts import DECODERS
from quintet.models.context.model import ContextModel
from quintet.models.fitted import Fitted
from quintet.networks import Mlp
from quintet.tasks.detect.prepare import fit_detection

Array = np.ndarray[Any, Any]
LATENTS = 4
CLOSE = 1e-4
DIGITS = load_digits().images.astype(np.uint8)
LABELS = load_digits().target % 3


def perturbed(fitted: Fitted) -> Fitted:
    """The model with random weights, so that no layer that starts at 0 hides what lies before it."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for part in (fitted.model, fitted.guide):
            for weight in () if part is None else part.parameters():
                weight.add_(0.05 * torch.randn(weight.shape, generator=generator))
    fitted.model.eval()
    return fitted


def untrained(variant: str, schema: Schema) -> Fitted:
    """A small model of some rows, as ``fit`` would begin."""
    options = variants.get(variant)
    torch.manual_seed(0)
    recipe = options(**options.images_by if schema.is_image else {}).build(schema, LATENTS, Mlp((12,)))
    guide = None if recipe.guide is None else recipe.guide.eval()
    return perturbed(Fitted(schema, recipe.model, guide, options={"variant": variant}))


def calibrated(fitted: Fitted, X: Array, y: Any = None) -> Fitted:
    """The model with reference and calibration rows."""
    with torch.no_grad():
        rows = Rows.of(X, fitted.schema, y)
        half = len(X) // 2
        fitted.artifacts = fit_detection(fitted, rows.take(slice(0, half)), rows.take(slice(half, None)))
    return fitted


def with_context(decoder: str, schema: Schema) -> Fitted:
    """... with a context decoder."""
    plain = untrained("vae", schema)
    model = ContextModel(plain.model, DECODERS[decoder](schema, LATENTS))
    return perturbed(Fitted(schema, model, plain.guide, options={"variant": "vae"}))


def queries(fitted: Fitted, graph: Graph, cells: Array, rows: int) -> dict[str, Array]:
    """Inputs of a graph: known rows of which cells are NaN, hidden, or trusted in part."""
    random = np.random.default_rng(rows)
    dtype = np.float32 if graph.cells.dtype == torch.float32 else np.float64
    x = cells[random.choice(len(cells), rows, replace=False)].astype(dtype)
    x[random.random(x.shape) < 0.1] = np.nan
    visible = (random.random(x.shape) > 0.4).astype(np.float32)
    visible[0], visible[-1] = 1, 0 if rows > 1 else 1
    width = fitted.schema.condition_dim
    found = {
        "x": x,
        "observed": random.random(x.shape) > 0.3,
        "trust": random.random(x.shape).astype(np.float32),
        "visible": visible,
        "z": random.normal(size=(rows, fitted.model.latent_dim)).astype(np.float32),
        "has_z": (random.random(rows) > 0.5).astype(np.float32),
        "condition": np.eye(max(width, 1), dtype=np.float32)[random.integers(0, max(width, 1), rows)],
    }
    names = [*graph.inputs, *(["condition"] if width else [])]
    return {name: found[name] for name in names}


def session(proto: Any) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])


def export_of(fitted: Fitted, name: str) -> Any:
    return traced_with(fitted, name, {})


def check(fitted: Fitted, cells: Array, names: list[str] | None = None) -> list[str]:
    """All graphs of a model, of one row and of five; returns their names."""
    made = []
    for name, make in GRAPHS.items():
        if why_lacking(fitted, name) is not None or (names is not None and name not in names):
            continue
        graph = make(fitted)
        run = session(traced_with(fitted, name, {}))
        for rows in (1, 5):
            given = queries(fitted, graph, cells, rows)
            with torch.no_grad():
                wanted = graph(*map(torch.from_numpy, given.values()))
            known = {place.name for place in run.get_inputs()}
            found = run.run(None, {key: value for key, value in given.items() if key in known})
            for want, got, output in zip(as_tuple(wanted), found, graph.outputs, strict=True):
                assert got.shape == tuple(want.shape), (name, output)
                np.testing.assert_allclose(got, want.numpy(), rtol=CLOSE, atol=CLOSE, err_msg=f"{name}: {output}")
        made.append(name)
    return made


def as_tuple(found: Any) -> tuple[torch.Tensor, ...]:
    return found if isinstance(found, tuple) else (found,)
