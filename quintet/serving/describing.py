"""What a client may know of a model: its rows, the questions it answers, its thresholds, and the whole schema."""

from __future__ import annotations

import warnings
from typing import Any

import quintet
from quintet.errors import QuintetError
from quintet.serving.questions import METHODS
from quintet.serving.rendering import forms_of
from quintet.serving.served import Served
from quintet.variants import get


def summary(served: Served, stale: bool) -> dict[str, Any]:
    """A model in the list of all."""
    return {
        **served.about,
        "kind": served.shape.kind,
        "rows": served.shape.schema.describe(),
        "stale": stale,
        "loaded": round(served.since, 3),
    }


def description(served: Served, stale: bool) -> dict[str, Any]:
    """All of a model that a client needs to ask it."""
    vae, schema = served.vae, served.shape.schema
    variant = str(vae.fitted_.options["variant"])
    reasons = get(variant).answers
    questions: dict[str, Any] = {}
    for question in METHODS:
        lacks = not hasattr(served.estimator, question)
        reason = "this model has no such question" if lacks else reasons.get(question)
        questions[question] = {"reason": reason} if reason else {"accept": list(forms_of(question, served.shape))}
    return {
        **summary(served, stale),
        "class": type(served.estimator).__name__,
        "variant": variant,
        "questions": questions,
        "thresholds": _thresholds(served),
        "columns": [
            {"name": column.name, "type": column.type, "values": column.describe()} for column in schema.columns
        ],
        "schema": schema.model_dump(mode="json", exclude_defaults=True),
        "quintet": quintet.__version__,
    }


def _thresholds(served: Served) -> dict[str, Any]:
    """The share of false alarms that detect flags by, and the score above which a complete row is flagged."""
    vae = served.vae
    out: dict[str, Any] = {"false_alarms": float(vae.false_alarms)}
    if served.shape.kind not in ("array", "table") or "detect" in get(str(vae.fitted_.options["variant"])).answers:
        return out
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            limit = -float(vae.offset_)
        except (QuintetError, ValueError, RuntimeError):
            return out
    return out | {"score": limit if limit < 1e8 else None}
