"""Limits, the one form of errors, and content types."""

from __future__ import annotations

import json

import pytest

from quintet.errors import ExtraMissing, FileRefused, InputError, Unanswerable
from quintet.serving.limits import Limits
from quintet.serving.negotiation import accepted, content_type
from quintet.serving.refusals import Refusal, refusal_of

FORMS = ("application/json", "application/vnd.apache.arrow.stream", "image/png")


@pytest.mark.parametrize(("rows", "cells", "legal"), [(10, 10, True), (11, 1, False), (5, 21, False), (1, 100, True)])
def test_a_batch_is_within_rows_and_cells(rows: int, cells: int, legal: bool) -> None:
    limits = Limits(rows=10, cells=100)
    if legal:
        limits.check_rows(rows, cells)
        limits.check_answer(rows, cells)
        return
    for check in (limits.check_rows, limits.check_answer):
        with pytest.raises(Refusal) as refused:
            check(rows, cells)
        assert refused.value.status == 413


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"cells": 1.5}, {"wait_seconds": 0}, {"body_bytes": "many"}])
def test_limits_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        Limits(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unanswerable("variant 'gan' cannot impute."), 409, "unanswerable"),
        (InputError("draws must be at least 0."), 422, "invalid_input"),
        (FileRefused("no file of quintet."), 422, "invalid_input"),
        (ExtraMissing("needs Pillow"), 501, "not_installed"),
        (MemoryError(), 503, "out_of_memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 503, "out_of_memory"),
        (KeyError("/srv/secret/model.safetensors"), 500, "internal"),
    ],
)
def test_every_error_has_one_form(error: Exception, status: int, code: str) -> None:
    found = json.loads(refusal_of(error, "7f").content())
    assert list(found) == ["error"]
    assert (found["error"]["status"], found["error"]["code"]) == (status, code)
    assert "/srv" not in found["error"]["message"]


def test_a_long_sentence_is_cut() -> None:
    assert len(Refusal(422, "x", "a" * 10_000).shape()["error"]["message"]) == 500


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("*/*", FORMS[0]),
        ("", FORMS[0]),
        ("image/png", FORMS[2]),
        ("image/*", FORMS[2]),
        ("image/png;q=0.5, application/json;q=0.9", FORMS[0]),
        ("application/json;q=0, */*", FORMS[1]),
        ("text/html, */*;q=0.1", FORMS[0]),
        ("APPLICATION/VND.APACHE.ARROW.STREAM", FORMS[1]),
    ],
)
def test_the_accept_header_chooses_the_form(header: str, form: str) -> None:
    assert accepted(header, FORMS) == form


@pytest.mark.parametrize("header", ["text/html", "image/png;q=0", "image/png;q=much"])
def test_what_cannot_be_answered_is_refused(header: str) -> None:
    with pytest.raises(Refusal) as refused:
        accepted(header, FORMS)
    assert refused.value.status == 406


@pytest.mark.parametrize("header", ["", "text/plain", "application/x-www-form-urlencoded", "application/json-seq"])
def test_other_types_of_bodies_are_refused(header: str) -> None:
    with pytest.raises(Refusal) as refused:
        content_type(header, FORMS)
    assert refused.value.status == 415


def test_a_type_of_a_body_may_have_parameters() -> None:
    assert content_type("Application/JSON; charset=utf-8", FORMS) == FORMS[0]
