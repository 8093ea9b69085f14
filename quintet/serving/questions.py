"""The questions, asked of an estimator of any class, with one form of answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from quintet.errors import Unanswerable
from quintet.serving.answer import Answer
from quintet.serving.bodies.shape import Body, Shape
from quintet.serving.conditions import condition_of
from quintet.serving.limits import Limits
from quintet.serving.options import Options
from quintet.serving.refusals import Refusal

CELLS, SURPRISE = "cells", "surprise_"
"""Columns of an answer of ``detect`` that only ``cells`` asks for: of rows, and of the channels of series."""
METHODS = ("detect", "impute", "denoise", "generate", "compress", "decompress", "forecast")
"""Questions that an estimator answers by a method of the same name."""
NAMES = {"array": "rows", "table": "rows of a table", "series": "series", "text": "lines of text"}
OF_TEXT = {"mark", "prompt", "top_p"}
OF_SERIES = {"steps"}
TAKES: Mapping[str, Mapping[str, set[str]]] = {
    "series": {
        "detect": {"false_alarms"},
        "impute": {"draws", "effort", "random_state"},
        "denoise": {"noise", "rate", "effort", "random_state"},
        "generate": {"n", "condition", "steps", "temperature", "random_state"},
        "compress": {"effort"},
    },
    "text": {
        "detect": {"fdr", "false_alarms", "score", "condition"},
        "impute": {"mark", "draws", "condition", "random_state"},
        "denoise": {"rate", "condition"},
        "generate": {"n", "prompt", "temperature", "top_p", "condition", "random_state"},
        "compress": {"effort", "condition"},
    },
}
"""Kind of model -> question -> options that it has; models of rows have all but those of series and text."""


def ask(estimator: Any, shape: Shape, options: Options, body: Body, limits: Limits) -> Answer:
    """The answer of an estimator.

    Parameters
    ----------
    limits : of the rows of a compressed file, which are known when it is read.

    Raises
    ------
    Unanswerable
        The estimator has no such question.
    Refusal, InputError
        An option or the rows are not valid.
    """
    question = options.question
    method = getattr(estimator, question, None)
    if question not in METHODS or method is None:
        raise Unanswerable(f"This model of {NAMES[shape.kind]} does not answer {question}.")
    given = _arguments(shape, options, body)
    if question == "decompress":
        return _decompress(method, shape, body, limits)
    found = _ANSWERS[question](method, shape, given, body)
    if found.table is None or getattr(options, "cells", True):
        return found
    kept = {name: v for name, v in found.table.items() if name != CELLS and not name.startswith(SURPRISE)}
    return replace(found, table=kept)


def _arguments(shape: Shape, options: Options, body: Body) -> dict[str, Any]:
    """The arguments of the method beside the rows."""
    given, question = options.arguments, options.question
    allowed = TAKES.get(shape.kind, {}).get(question)
    wrong = sorted(set(given) & (OF_TEXT | OF_SERIES) if allowed is None else set(given) - allowed)
    if question not in ("forecast", "decompress") and wrong:
        name = "seed" if wrong[0] == "random_state" else wrong[0]
        raise Unanswerable(f"{name} is no option of {question} for a model of {NAMES[shape.kind]}: leave it out.")
    condition = given.pop("condition", None) if body.condition is None else body.condition
    if condition is not None:
        given["condition"] = condition_of(condition, shape)
    if "given" in given:
        given["given"] = {name: _interval(value) for name, value in given["given"].items()}
    if body.mask is not None:
        given["mask"] = body.mask
    return given


def _interval(value: Any) -> Any:
    """``{"from": 30, "to": 40}`` as an interval, whose ends may be null or left out; other values as they are."""
    if not isinstance(value, dict):
        return value
    if not value or not set(value) <= {"from", "to"}:
        raise Refusal(422, "invalid_input", 'An interval must be {"from": number, "to": number}, one of them at least.')
    return value.get("from"), value.get("to")


def _detect(method: Callable[..., Any], shape: Shape, given: dict[str, Any], body: Body) -> Answer:
    found = method(body.rows, **given)
    if shape.kind == "series":
        return Answer(table=found.step_columns(), more={"alarms": [asdict(alarm) for alarm in found.alarms]})
    table = {"score": found.scores, "p_value": found.p_values, "is_anomaly": found.is_anomaly}
    if shape.kind == "text":
        table |= {"strangest_word": np.array([*found.strangest_words(), None], dtype=object)[:-1]}
        return Answer(table=table | {CELLS: [nats.tolist() for nats in found.characters]}, more={"rule": found.rule})
    if found.columns and shape.kind == "table":
        table["strangest_column"] = found.strangest_columns().astype(object)
    return Answer(table=table | {CELLS: found.where}, more={"rule": found.rule})


def _impute(method: Callable[..., Any], shape: Shape, given: dict[str, Any], body: Body) -> Answer:
    found = method(body.rows, **given)
    return Answer(draws=tuple(found)) if given.get("draws") else Answer(rows=found)


def _denoise(method: Callable[..., Any], shape: Shape, given: dict[str, Any], body: Body) -> Answer:
    if shape.kind == "text":
        found = method(body.rows, **given)
        columns = found.columns()
        suggestions = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return Answer(rows=found.lines, more={"suggestions": suggestions})
    rows, report = method(body.rows, return_report=True, **given)
    noise = report if isinstance(report, Mapping) else {"kind": report.kind, "rates": report.rates.tolist()}
    return Answer(rows=rows, more={"noise": noise} if shape.kind != "series" else {})


def _generate(method: Callable[..., Any], shape: Shape, given: dict[str, Any], body: Body) -> Answer:
    if shape.kind in ("series", "text"):
        found = method(**given)
        several = shape.kind == "series" and isinstance(found, list)
        return Answer(draws=tuple(map(own_rows, found))) if several else Answer(rows=own_rows(found))
    rows, conditions = method(return_condition=True, **given)
    if conditions is None:
        return Answer(rows=rows)
    return Answer(rows=rows, more={"conditions": np.asarray(conditions).tolist()})


def _compress(method: Callable[..., Any], shape: Shape, given: dict[str, Any], body: Body) -> Answer:
    return Answer(blob=method(body.rows, **given))


def _decompress(method: Callable[..., Any], shape: Shape, body: Body, limits: Limits) -> Answer:
    some = {"rows": slice(0, limits.rows + 1)} if shape.kind in ("array", "table") else {}
    found = method(body.rows, **some)
    if isinstance(found, bytes):
        found = found.decode("utf-8", "replace").splitlines()
    limits.check_answer(len(found), shape.cells)
    return Answer(rows=own_rows(found))


def own_rows(rows: Any) -> Any:
    """Rows as answers have them: a frame of any library as an Arrow table."""
    if isinstance(rows, np.ndarray | list) or hasattr(rows, "to_pylist"):
        return rows
    import narwhals as nw

    return nw.from_native(rows, eager_only=True).to_arrow()


def _forecast(method: Callable[..., Any], shape: Shape, given: dict[str, Any], body: Body) -> Answer:
    found = method(body.rows, **given)
    each = [getattr(found, name) if found.many else [getattr(found, name)] for name in ("times", "mean", "quantiles")]
    times, means, bands = (np.concatenate(parts, axis=axis) for parts, axis in zip(each, (0, 0, 1), strict=True))
    table: dict[str, Any] = {"time": times}
    if found.many:
        labels = found.names or tuple(range(len(each[0])))
        table["series"] = [label for label, own in zip(labels, each[0], strict=True) for _ in range(len(own))]
    for j, name in enumerate(found.channels):
        table[name] = means[:, j]
        table |= {f"{name}_q{level:g}": bands[i, :, j] for i, level in enumerate(found.levels)}
    return Answer(table=table)


_ANSWERS: Mapping[str, Callable[[Callable[..., Any], Shape, dict[str, Any], Body], Answer]] = {
    "detect": _detect,
    "impute": _impute,
    "denoise": _denoise,
    "generate": _generate,
    "compress": _compress,
    "forecast": _forecast,
}
