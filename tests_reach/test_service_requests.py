"""Wrong and oversized requests to a service: one clear answer each."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from quintet import load
from tests_reach.limited_service import IS_BYTES, IS_JSON, ROWS, limited, post
from tests_reach.service import RECORD, Service, error_of, files


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return files(tmp_path_factory)


@pytest.fixture(scope="module")
def service(models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with limited(models, tmp_path_factory.mktemp("log")) as found:
        yield found


@pytest.mark.parametrize(
    ("path", "send", "status", "code"),
    [
        ("images/detect", {"json": {"rows": []}}, 422, "invalid_input"),
        ("images/detect", {"json": {"rows": [[1, 2]]}}, 422, "invalid_input"),
        ("images/detect", {"json": {"rows": [[[0] * 8] * 8] * 21}}, 413, "too_many_rows"),
        ("images/detect", {"json": {"rows": [[0] * 20_000]}}, 422, "invalid_input"),
        ("images/impute", {"json": ROWS, "params": {"draws": 21}}, 413, "answer_too_large"),
        ("images/generate", {"json": {"n": 21}}, 413, "answer_too_large"),
        ("images/generate", {"json": {"n": 0}}, 422, "invalid_option"),
        ("images/generate", {"json": {"n": 1, "given": {"a": 1}}}, 409, "unanswerable"),
        ("images/generate", {"json": {"n": 1, "sampler": "none"}}, 422, "invalid_input"),
        ("images/generate", {"json": {"prompt": "the"}}, 409, "unanswerable"),
        ("images/generate", {"content": b"{", "headers": IS_JSON}, 400, "not_json"),
        ("images/detect", {"json": ROWS, "params": {"fdr": 2}}, 422, "invalid_option"),
        ("images/detect", {"json": ROWS, "params": {"effort": "much"}}, 422, "invalid_option"),
        ("images/detect", {"json": ROWS, "params": {"colour": "red"}}, 422, "invalid_option"),
        ("images/detect", {"json": ROWS, "params": {"score": "none"}}, 422, "invalid_input"),
        ("images/detect", {"json": ROWS, "params": {"fdr": 0.1, "false_alarms": 0.1}}, 422, "invalid_input"),
        ("images/denoise", {"json": ROWS, "params": {"rate": 0.1}}, 422, "invalid_input"),
        ("images/detect", {"content": b'{"rows": [[[NaN]]]}', "headers": IS_JSON}, 400, "not_json"),
        ("images/detect", {"content": b'{"rows": [[[0', "headers": IS_JSON}, 400, "not_json"),
        ("images/detect", {"content": b"[" * 99_000, "headers": IS_JSON}, 400, "not_json"),
        ("images/detect", {"content": b"a,b\n1,2", "headers": {"content-type": "text/csv"}}, 415, "unsupported_type"),
        ("images/detect", {"content": b"{}"}, 415, "unsupported_type"),
        ("images/detect", {"data": {"rows": "1"}}, 415, "unsupported_type"),
        ("images/detect", {"json": ROWS, "headers": {"accept": "image/png"}}, 406, "not_acceptable"),
        ("images/forecast", {"json": ROWS}, 409, "unanswerable"),
        ("gan/detect", {"json": ROWS}, 409, "unanswerable"),
        ("gan/compress", {"json": ROWS}, 409, "unanswerable"),
        ("text/detect", {"json": {"rows": [1]}}, 422, "invalid_input"),
        ("text/detect", {"json": {"rows": [None]}}, 422, "invalid_input"),
        ("table/detect", {"json": {"rows": [{}]}}, 422, "invalid_input"),
        ("text/detect", {"json": {"rows": ["a" * 201]}}, 413, "too_many_cells"),
        ("text/detect", {"json": {"rows": ["/etc/passwd"]}, "params": {"effort": "low"}}, 409, "unanswerable"),
        ("table/detect", {"json": {"rows": [RECORD | {"plase": "x"}]}}, 422, "unknown_column"),
        ("table/detect", {"json": {"rows": [{f"c{i}": 1 for i in range(5_000)}]}}, 422, "unknown_column"),
        ("table/detect", {"json": {"rows": [RECORD | {"age": "old"}]}}, 422, "invalid_input"),
        ("table/detect", {"json": {"rows": [RECORD | {"when": "soon"}]}}, 422, "invalid_input"),
        ("table/detect", {"json": {"rows": [RECORD, [1]]}}, 422, "invalid_input"),
        ("images/decompress", {"content": b"nothing", "headers": IS_BYTES}, 422, "invalid_input"),
        ("images/decompress", {"content": b"/etc/passwd", "headers": IS_BYTES}, 422, "invalid_input"),
        ("nobody/detect", {"json": ROWS}, 404, "unknown_model"),
        ("..%2f..%2fetc%2fpasswd/detect", {"json": ROWS}, 404, "unknown_path"),
        ("images.bin/detect", {"json": ROWS}, 404, "unknown_model"),
        ("images/explain", {"json": ROWS}, 404, "unknown_path"),
    ],
)  # fmt: skip
def test_a_wrong_request_has_one_clear_answer(
    path: str, send: dict[str, Any], status: int, code: str, service: Service
) -> None:
    error = post(service, path, **send)
    assert (error["status"], error["code"]) == (status, code), error


def test_a_wrong_method_and_an_unknown_path_have_the_same_form(service: Service) -> None:
    assert error_of(service.client.get("/models/images/detect"))["status"] == 405
    assert error_of(service.client.delete("/health"))["status"] == 405
    assert error_of(service.client.get("/"))["status"] == 404


def test_a_million_columns_are_refused(service: Service) -> None:
    rows = {"rows": [dict.fromkeys(map(str, range(10**6)), 1)]}
    assert post(service, "table/detect", json=rows)["code"] == "too_many_bytes"
    sink = io.BytesIO()
    wide = pa.schema([(str(i), pa.int8()) for i in range(600)])
    with pa.ipc.new_stream(sink, wide) as writer:
        writer.write_table(pa.table({name: [1] for name in wide.names}, wide))
    send = {"content": sink.getvalue(), "headers": {"content-type": "application/vnd.apache.arrow.stream"}}
    assert post(service, "table/detect", **send)["status"] in (413, 422)


def test_a_picture_larger_than_the_models_is_never_decoded(service: Service) -> None:
    sink = io.BytesIO()
    Image.new("L", (9_000, 9_000)).save(sink, "PNG")
    send = {"content": sink.getvalue(), "headers": {"content-type": "image/png"}}
    assert len(sink.getvalue()) < 100_000
    assert post(service, "images/detect", **send)["code"] == "wrong_size"


def test_a_body_over_the_limit_is_refused_with_and_without_a_length(service: Service) -> None:
    whole = b" " * 5_000_000
    assert post(service, "images/detect", content=whole, headers=IS_JSON)["code"] == "too_many_bytes"
    parts = (whole[i : i + 10_000] for i in range(0, len(whole), 10_000))  # chunked
    assert post(service, "images/detect", content=parts, headers=IS_JSON)["code"] == "too_many_bytes"


def test_a_small_file_of_many_rows_is_refused(service: Service, models: dict[str, Path]) -> None:
    file = load(models["images"]).compress(np.zeros((21, 8, 8), dtype=np.uint8))
    send = {"content": file, "headers": IS_BYTES}
    assert post(service, "images/decompress", **send)["code"] == "answer_too_large"
    assert service.client.post("/models/images/compress", json=ROWS).status_code == 200
