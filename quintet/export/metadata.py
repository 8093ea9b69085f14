"""What a graph says about its model beside its tensors: schema, latents, calibration, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from quintet._version import __version__
from quintet.data.dataset import Rows
from quintet.export.cells import input_dtype
from quintet.export.context import QUANTILES, ContextGraph
from quintet.export.modules import Graph
from quintet.models.context.columns import ColumnContext
from quintet.models.context.model import ContextModel
from quintet.models.fitted import Fitted
from quintet.models.priors.standard import StandardNormal
from quintet.tasks.detect.calibration_scores import calibration_scores

if TYPE_CHECKING:
    import onnx

FORMAT = 1
"""Version of the metadata."""
KEY = "quintet"
"""Key of ``metadata_props`` under which the JSON stands."""


def metadata(fitted: Fitted) -> dict[str, Any]:
    """What all graphs of a model say, as plain values."""
    schema = fitted.schema
    found: dict[str, Any] = {
        "format": FORMAT,
        "version": __version__,
        "variant": fitted.options.get("variant"),
        "fingerprint": fitted.fingerprint,
        "schema": schema.model_dump(mode="json", exclude_none=True),
        "row_shape": list(schema.row_shape),
        "dtype": "float32" if input_dtype(schema) == torch.float32 else "float64",
        "latent_dim": fitted.model.latent_dim,
        "condition_dim": schema.condition_dim,
        "prior": "normal" if isinstance(getattr(fitted.model, "prior", None), StandardNormal) else "other",
        "log_scale": sum(float(torch.tensor(s, dtype=torch.float64).log()) for s in schema.scale),
        "latents": latents(fitted),
    }
    kept = fitted.artifacts.calibration
    if kept is not None and fitted.artifacts.row_index is not None and len(kept.counted):
        found["calibration"] = {"score": "default", "scores": sorted(calibration_scores(fitted).tolist())}
    if isinstance(fitted.model, ContextModel) and isinstance(fitted.model.context, ColumnContext):
        found["tokens"] = tokens(fitted, fitted.model.context)
    return found


def with_metadata(model: onnx.ModelProto, name: str, graph: Graph, about: dict[str, Any]) -> onnx.ModelProto:
    """The graph with what it says about its model."""
    own: dict[str, Any] = {"graph": name, "outputs": list(graph.outputs)}
    if isinstance(graph, ContextGraph) and "quantiles" in graph.outputs:
        own["quantiles"] = list(QUANTILES)
    entry = model.metadata_props.add()
    entry.key, entry.value = KEY, json.dumps(about | own)
    model.producer_name, model.producer_version = "quintet", __version__
    return model


@torch.no_grad()
def latents(fitted: Fitted) -> list[dict[str, Any]]:
    """The latents, the most used first: ``index``, ``rate`` (mean KL of held-out rows in nats; None without a closed
    form, where the order is that of ``std``), ``mean`` and ``std`` of their values in training rows."""
    model = fitted.model
    own = model.plain if isinstance(model, ContextModel) else model
    bank, held = fitted.artifacts.latent_bank, fitted.artifacts.calibration_set
    points = torch.zeros(1, model.latent_dim, dtype=torch.float32) if bank is None else bank.points.float()
    mean, std = points.mean(0), points.std(0, correction=0)
    rate: Tensor | None = None
    if held is not None and own.has_posterior:
        batch = Rows(held.rows, held.observed, held.condition).batch(slice(None))
        q = own.posterior(batch.x, batch.observed, batch.condition)
        prior = getattr(own, "prior", None)
        found = q.kl_to(prior(q.mean)) if isinstance(prior, StandardNormal) else None
        rate = None if found is None else found[0].mean(0)
    order = (std if rate is None else rate).argsort(descending=True).tolist()
    return [
        {
            "index": i,
            "rate": None if rate is None else float(rate[i]),
            "mean": None if bank is None else float(mean[i]),
            "std": None if bank is None else float(std[i]),
        }
        for i in order
    ]


def tokens(fitted: Fitted, context: ColumnContext) -> dict[str, Any]:
    """What the probabilities of a table's context decoder are of: ``numbers`` and ``levels`` name the columns' places,
    ``intervals`` the ends of each interval in the user's units."""
    schema = fitted.schema
    numbers = [place for place, codes in enumerate(schema.codes) if not codes]
    ends = [
        [
            [low * schema.scale[place] + schema.loc[place], high * schema.scale[place] + schema.loc[place]]
            for low, high in context.cells[place].bins
        ]
        for place in numbers
    ]
    return {
        "numbers": numbers,
        "levels": [place for place, codes in enumerate(schema.codes) if codes],
        "intervals": ends,
    }
