"""The graphs of a fitted model as ONNX."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quintet.arguments import File
from quintet.entry_points import public
from quintet.errors import InputError, Unanswerable, nearest
from quintet.estimators import VAE, Series, Sound, Text, load
from quintet.estimators._answers.fitted_estimator import fitted_for
from quintet.export.context import ContextGraph, GivenOthers
from quintet.export.denoising import Denoiser
from quintet.export.detection import Detector
from quintet.export.metadata import metadata, with_metadata
from quintet.export.modules import Decoder, Encoder, Graph, LogProb, Partial, PriorLogProb
from quintet.export.reasons import why_lacking
from quintet.export.tracing import traced
from quintet.models.fitted import Fitted

if TYPE_CHECKING:
    import onnx

Model = VAE | Series | Text | Sound | File
"""A fitted estimator, or the path of its file."""
GRAPHS: dict[str, Callable[[Fitted], Graph]] = {
    "encoder": Encoder,
    "partial_encoder": Partial,
    "decoder": Decoder,
    "log_prob": LogProb,
    "prior_log_prob": PriorLogProb,
    "context_decoder": ContextGraph,
    "given_others": GivenOthers,
    "detector": Detector,
    "denoiser": Denoiser,
}
"""Name -> the graph of a fitted model that does not lack it."""


@public
def graphs(model: Model, names: list[str] | None = None) -> dict[str, onnx.ModelProto]:
    """The graphs of a model, by name.

    Parameters
    ----------
    model : a fitted estimator, or the path of its file.
    names : which graphs; None: all that the model has.

    Raises
    ------
    InputError
        A name that no graph has.
    Unanswerable
        A graph that is named cannot be made; the message says what prevents it.
    """
    fitted = fitted_of(model)
    wanted = [*GRAPHS] if names is None else names
    for name in wanted:
        if name not in GRAPHS:
            raise InputError(f"Graph {name!r} is not known: {nearest(name, GRAPHS)}.")
    refused = {name: why_lacking(fitted, name) for name in wanted}
    if names is not None:
        for name, reason in refused.items():
            if reason is not None:
                raise Unanswerable(f"No graph {name!r}: {reason}")
    return made(fitted, [name for name in wanted if refused[name] is None])


@public
def lacking(model: Model) -> dict[str, str]:
    """The graphs that a model does not have, with the reason of each.

    Parameters
    ----------
    model : a fitted estimator, or the path of its file.
    """
    fitted = fitted_of(model)
    found = {name: why_lacking(fitted, name) for name in GRAPHS}
    return {name: reason for name, reason in found.items() if reason is not None}


def fitted_of(model: Model) -> Fitted:
    """The fitted model of an estimator or a file, on the CPU."""
    if isinstance(model, str | Path):
        model = load(model, device="cpu")
    vae = model if isinstance(model, VAE) else model.vae_ if isinstance(model, Text) else model.vae
    fitted = fitted_for(vae)
    if fitted.device.type != "cpu":
        raise InputError(f"The weights are on {fitted.device}: save the model, and give its file.")
    return fitted


def made(fitted: Fitted, names: list[str]) -> dict[str, onnx.ModelProto]:
    """Graphs that a model does not lack, by name."""
    about = metadata(fitted)
    return {name: traced_with(fitted, name, about) for name in names}


def traced_with(fitted: Fitted, name: str, about: dict[str, Any]) -> onnx.ModelProto:
    """One graph, with what is said about its model."""
    graph = GRAPHS[name](fitted)
    return with_metadata(traced(graph, fitted.schema.condition is not None), name, graph, about)
