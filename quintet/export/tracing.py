"""A graph traced to ONNX."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from quintet.export.modules import Graph
from quintet.export.operators import OPSET, registered
from quintet.extras import extra

if TYPE_CHECKING:
    import onnx

ROWS = 3
"""Rows of the example that is traced; no dimension of a graph depends on it."""


def traced(graph: Graph, conditional: bool) -> onnx.ModelProto:
    """The ONNX form of a graph, for any number of rows.

    Graphs are traced, not compiled by ``torch.export``: decoders choose their steps by values, such as whether a cell
    is hidden, and a trace of an example takes a tenth of the time.
    """
    with extra("onnx", "An ONNX export"):
        import onnx

    names = [*graph.inputs, *(["condition"] if conditional else [])]
    given = tuple(example(graph, name) for name in names)
    written = io.BytesIO()
    graph.eval()
    with torch.no_grad(), registered(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is constant in a trace is tested, graph by graph
        graph(*given)  # draws the fixed noise
        torch.onnx.export(
            graph,
            given,
            written,  # type: ignore[arg-type]  # it may be a file object without a name, too
            dynamo=False,
            opset_version=OPSET,
            input_names=names,
            output_names=list(graph.outputs),
            dynamic_axes={name: {0: "batch"} for name in (*names, *graph.outputs)},
        )
    made = onnx.load_from_string(written.getvalue())
    del made.graph.value_info[:]  # some shapes within are those of the example
    return made


def example(graph: Graph, name: str) -> Tensor:
    """A value of an input, of ``ROWS`` rows; every second cell is observed, so that each branch for hidden cells is
    taken."""
    cells, model = graph.cells, graph.model
    row = cells.schema.row_shape
    half = (torch.arange(ROWS * cells.schema.size, device="cpu") % 2).reshape(ROWS, *row)
    if name == "x":
        return half.to(cells.dtype)
    if name == "observed":
        return half.bool()
    if name in ("trust", "visible"):
        return half.float()
    if name == "has_z":
        return torch.ones(ROWS, dtype=torch.float32)
    if name == "condition":
        return torch.eye(cells.schema.condition_dim, dtype=torch.float32)[[0] * ROWS]
    z = torch.linspace(-1, 1, ROWS * model.latent_dim, dtype=torch.float32)
    return z.reshape(ROWS, model.latent_dim)
