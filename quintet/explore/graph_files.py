"""The graphs of a model that a page runs, as files, and what the page must know of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from quintet.errors import InputError, Unanswerable
from quintet.explore.condition import refuse_images
from quintet.export.model_graphs import GRAPHS, made
from quintet.export.reasons import why_lacking
from quintet.models.fitted import Fitted

TYPES = {1: "float32", 9: "bool", 11: "float64"}
"""Element types of ONNX by number."""
NEEDED = ("encoder", "decoder")
BY_LATENTS = ("detector", "denoiser", "partial_encoder", "log_prob", "prior_log_prob")
"""Graphs behind the answers of a model whose cells are independent given z."""
BY_CONTEXT = ("detector", "denoiser", "given_others", "context_decoder")
"""Graphs behind the answers of a model whose decoder sees cells; the first that there is fills cells."""


def graphs_of(fitted: Fitted) -> dict[str, Any]:
    """The graphs that a page on a model runs.

    Raises
    ------
    Unanswerable
        The condition is an image, or the model lacks a graph that no page can do without.
    """
    refuse_images(fitted.schema.condition)
    if fitted.device.type != "cpu":
        raise InputError(f"The weights are on {fitted.device}: save the model and load it with device='cpu'.")
    reasons = {name: why_lacking(fitted, name) for name in GRAPHS}
    missing = {name: reason for name, reason in reasons.items() if reason is not None}
    for name in NEEDED:
        if name in missing:
            raise Unanswerable(f"A page needs the graph {name!r}: {missing[name]}")
    if fitted.model.has_context:
        wanted = [name for name in BY_CONTEXT if name not in missing]
        if "given_others" in wanted:
            wanted.remove("context_decoder")
        filling = not {"given_others", "context_decoder"}.isdisjoint(wanted)
    else:
        wanted = [name for name in BY_LATENTS if name not in missing]
        filling = {"partial_encoder", "log_prob", "prior_log_prob"} <= {*wanted}
    if not filling:
        reason = missing.get("partial_encoder") or missing.get("given_others") or missing.get("log_prob")
        raise Unanswerable(f"A page fills hidden cells, which this model cannot: {reason}")
    return made(fitted, [*NEEDED, *wanted])


def graph_files(graphs: Mapping[str, Any]) -> dict[str, bytes]:
    """Graphs by name as bytes."""
    return {name: graph.SerializeToString() for name, graph in graphs.items()}


def graph_inputs(graphs: Mapping[str, Any]) -> dict[str, Any]:
    """Of each graph its inputs: name, type, and shape of one row."""
    found = {}
    for name, graph in graphs.items():
        inputs = []
        for value in graph.graph.input:
            about = value.type.tensor_type
            shape = [axis.dim_value for axis in about.shape.dim][1:]
            inputs.append({"name": value.name, "type": TYPES[about.elem_type], "shape": shape})
        found[name] = {"inputs": inputs}
    return found


def context_metadata(graphs: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the outputs of a context decoder are of: ``tokens`` of a table, or ``quantiles`` of a series."""
    for name in ("given_others", "context_decoder"):
        if name in graphs:
            about = next(entry.value for entry in graphs[name].metadata_props if entry.key == "quintet")
            return {key: value for key, value in json.loads(about).items() if key in ("tokens", "quantiles")}
    return None
