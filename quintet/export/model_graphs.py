"""The graphs of a fitted model as ONNX."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from quintet.entry_points import public
from quintet.errors import Unanswerable
from quintet.estimators._answers.fitted_estimator import fitted_for
from quintet.export.context import ContextGraph, GivenOthers
from quintet.export.detection import Detector
from quintet.export.reasons import why_lacking
from quintet.export.metadata import metadata, with_metadata
from quintet.export.modules import Decoder, Encoder, Graph, LogProb, Partial, PriorLogProb
from quintet.export.tracing import traced
from quintet.models.fitted import Fitted

if TYPE_CHECKING:
    import onnx

GRAPHS: dict[str, Callable[[Fitted], Graph]] = {
    "encoder": Encoder,
    "partial_encoder": Partial,
    "decoder": Decoder,
    "log_prob": LogProb,
    "prior_log_prob": PriorLogProb,
    "context_decoder": ContextGraph,
    "given_others": GivenOthers,
    "detector": Detector,
}
"""Name -> the graph of a fitted model that does not lack it."""


@public
def graphs(model: Any, names: list[str] | None = None) -> dict[str, onnx.ModelProto]:
    """The graphs of a model, by name.

    Parameters
    ----------
    model : a fitted estimator, or the path of its file.
    names : which graphs; None: all that the model has.

    Raises
    ------
    Unanswerable
        A graph that is named cannot be made; the message says what prevents it.
    """
    fitted = fitted_of(model)
    wanted = [*GRAPHS] if names is None else names
    refused = {name: why_lacking(fitted, name) for name in wanted}
    if names is not None:
        for name, reason in refused.items():
            if reason is not None:
                raise Unanswerable(f"No graph {name!r}: {reason}")
    return dict(_made(fitted, [name for name in wanted if refused[name] is None]))


@public
def lacking(model: Any) -> dict[str, str]:
    """The graphs that a model does not have, with the reason of each.

    Parameters
    ----------
    model : a fitted estimator, or the path of its file.
    """
    fitted = fitted_of(model)
    found = {name: why_lacking(fitted, name) for name in GRAPHS}
    return {name: reason for name, reason in found.items() if reason is not None}


def fitted_of(model: Any) -> Fitted:
    """The fitted model of an estimator or a file, on the CPU."""
    if isinstance(model, Fitted):
        return model
    if not hasattr(model, "fitted_") and not hasattr(model, "vae_"):
        from quintet.estimators.loading import read_vae

        model = read_vae(model, device="cpu")
    return fitted_for(getattr(model, "vae_", model))


def _made(fitted: Fitted, names: list[str]) -> Iterator[tuple[str, onnx.ModelProto]]:
    about = metadata(fitted)
    for name in names:
        graph = GRAPHS[name](fitted)
        yield name, with_metadata(traced(graph, fitted.schema.condition is not None), name, graph, about)
