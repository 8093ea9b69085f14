"""Why a fitted model lacks a graph: one sentence by the part of the model that prevents it."""

from __future__ import annotations

from quintet.data.row_layout import Steps
from quintet.distributions.chain import MOST_GROUPS
from quintet.models.context.columns import ColumnContext
from quintet.models.context.model import ContextModel
from quintet.models.context.tokens import TokenContext
from quintet.models.fitted import Fitted
from quintet.models.sequence import TeacherForced
from quintet.variants import get

MOST_CONTEXT_COLUMNS = 256
"""Most columns of a table whose chain or leave-one-out passes a graph unrolls."""


def why_lacking(fitted: Fitted, graph: str) -> str | None:
    """One sentence why a graph cannot be made of this model; None: it can.

    Parameters
    ----------
    graph : a key of ``GRAPHS``.
    """
    model = fitted.model
    context = model.context if isinstance(model, ContextModel) else None
    if graph in ("encoder", "detector") and not model.has_posterior:
        return _of_variant(fitted, "detect") or "The model has no posterior q(z|x)."
    if graph == "partial_encoder":
        return None if fitted.guide is not None else "The model has no partial encoder: fit it with another preset."
    if graph in ("context_decoder", "given_others") and context is None:
        return "The model has no context decoder: fit it with context='columns', 'grid' or 'steps'."
    if graph != "decoder" and isinstance(context, TokenContext) and graph not in ("encoder", "prior_log_prob"):
        return "The context decoder of tokens reads counts over its training rows, which no ONNX operator computes."
    if graph == "given_others" and not isinstance(context, ColumnContext):
        return "The graph context_decoder gives the same with has_z = 0, since no cell sees itself."
    unrolled = graph in ("log_prob", "detector", "given_others") and isinstance(context, ColumnContext)
    if unrolled and fitted.schema.size > MOST_CONTEXT_COLUMNS:
        return (
            f"The chain of {fitted.schema.size} columns is too long to unroll, at most {MOST_CONTEXT_COLUMNS}: "
            "fit the model with context='none'."
        )
    if graph == "decoder" and isinstance(model, TeacherForced) and len(model.groups) > MOST_GROUPS:
        return (
            f"The decoder of variant 'vrae' takes {len(model.groups)} steps, at most {MOST_GROUPS} are unrolled: fit "
            "it with teacher_forcing=False."
        )
    if graph == "detector":
        return _without_detection(fitted)
    return _without_denoising(fitted) if graph == "denoiser" else None


def _without_denoising(fitted: Fitted) -> str | None:
    if fitted.schema.columns or not fitted.schema.is_standardised or not isinstance(fitted.schema.layout, Steps):
        return "One graph denoises series of numbers; docs/onnx.md says which graphs denoise other rows."
    if fitted.guide is None:
        return "The model has no partial encoder, which denoise needs: fit it with another preset."
    if isinstance(fitted.model, TeacherForced):
        return "A teacher-forced decoder is denoised step by step: fit it with teacher_forcing=False."
    return None


def _without_detection(fitted: Fitted) -> str | None:
    kept = fitted.artifacts
    if kept.calibration is None or kept.row_index is None or kept.latent_index is None or kept.usual_surprise is None:
        return "The model keeps no reference rows: fit it with preset='fast' or 'best'."
    if not len(kept.calibration.counted):
        return "No rows were held out to calibrate p-values: fit it on more rows, with calibration above 0."
    return None


def _of_variant(fitted: Fitted, question: str) -> str | None:
    name = str(fitted.options.get("variant", ""))
    reason = get(name).answers.get(question) if name else None
    return None if reason is None else f"variant {name!r} cannot {question}: {reason}"
