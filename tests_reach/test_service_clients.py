"""Wrong requests, slow and broken clients, keys, swaps of models, and the end: one clear answer each."""

from __future__ import annotations

import io
import json
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from quintet import load
from tests_reach.service import RECORD, Service, error_of, files, running, until

KEY = "of-the-tests-0123456789"
ROWS = {"rows": [[[0] * 8] * 8]}
HEAD = (
    f"POST /models/images/detect HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {KEY}\r\n"
    "content-type: application/json\r\n"
)
IS_JSON = {"content-type": "application/json"}
IS_BYTES = {"content-type": "application/octet-stream"}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return files(tmp_path_factory)


@pytest.fixture(scope="module")
def service(models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Small limits, and a key that the client has."""
    some = {name: models[name] for name in ("images", "table", "gan", "text")}
    small = {"rows": 20, "cells": 2_000, "body_bytes": 100_000, "head_seconds": 1.0, "body_seconds": 2.0}
    with running(some, tmp_path_factory.mktemp("log"), keys=[KEY], value_bytes=200, **small) as found:
        found.client.headers["authorization"] = f"Bearer {KEY}"
        yield found
        text = found.log.read_text()
        assert KEY not in text
        assert "Traceback" not in text, text


def post(service: Service, path: str, **send: Any) -> dict[str, Any]:
    """The error of a request; the service goes on, and names no path of its own."""
    response = service.client.post(f"/models/{path}", **send)
    assert str(Path.home()) not in response.text
    assert ".safetensors" not in response.text
    assert service.client.get("/health").json() == {"status": "ok"}
    return error_of(response)


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


def test_what_is_no_http_is_refused_in_the_same_form(service: Service) -> None:
    for content in (
        b"\x16\x03\x01\x02\0\x01\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\ncontent-length: -1\r\nhost: a\r\n\r\n",
    ):
        head, _, body = service.raw(content).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400")
        assert json.loads(body)["error"]["code"] == "not_http"


def test_a_head_and_a_body_that_come_drop_by_drop_are_ended(service: Service) -> None:
    def drops(line: socket.socket) -> None:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            try:
                line.sendall(b"x")
            except OSError:
                return
            time.sleep(0.1)

    for content in (b"GET /health HT", f"{HEAD}content-length: 90000\r\n\r\n".encode()):
        with ThreadPoolExecutor(1) as slow:
            answer = slow.submit(_received, service, content, drops)
            assert service.client.get("/health").status_code == 200
            assert json.loads(answer.result().partition(b"\r\n\r\n")[2])["error"]["code"] == "too_slow"


def _received(service: Service, content: bytes, then: Any) -> bytes:
    """What comes back while something is still sent; nothing more once the connection is reset."""
    parts: list[bytes] = []
    with socket.create_connection(service.address, timeout=240) as line:
        line.sendall(content)
        sender = threading.Thread(target=then, args=(line,))
        sender.start()
        try:
            while part := line.recv(65_536):
                parts.append(part)
        except ConnectionResetError:
            pass
        sender.join()
    return b"".join(parts)


def test_clients_that_leave_in_the_middle_cost_nothing(service: Service) -> None:
    before = service.figure("quintet_disconnects_total")
    body = json.dumps(ROWS).encode()
    whole = f"{HEAD}content-length: {len(body)}\r\n\r\n".encode() + body
    for content in (f"{HEAD}content-length: {len(body)}\r\n\r\n".encode() + body[:20], whole, HEAD.encode()):
        with socket.create_connection(service.address) as line:
            line.sendall(content)
    until(lambda: service.figure("quintet_disconnects_total") > before)
    assert service.client.post("/models/images/detect", json=ROWS).status_code == 200
    assert service.figure("quintet_running") == 1
    assert service.figure("quintet_waiting") == 0


def test_without_its_key_nobody_learns_anything(service: Service) -> None:
    for headers in ({}, {"authorization": "Bearer wrong-key-of-the-tests"}, {"x-api-key": KEY[:-1]}):
        with httpx.Client(base_url=service.client.base_url, headers=headers, timeout=300) as client:
            for path in ("/models", "/models/images", "/metrics", "/models/nobody", "/elsewhere"):
                response = client.get(path)
                assert error_of(response)["code"] == "wrong_key"
                assert response.headers["www-authenticate"] == "Bearer"
            assert client.post("/models/images/detect", json=ROWS).status_code == 401
            assert [client.get(path).status_code for path in ("/health", "/ready", "/docs", "/openapi.json")] == [
                200
            ] * 4
    with httpx.Client(base_url=service.client.base_url, headers={"x-api-key": KEY}, timeout=300) as client:
        assert client.get("/models").status_code == 200


def test_the_page_lists_every_route_without_a_script(service: Service) -> None:
    page = service.client.get("/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for path in service.client.get("/openapi.json").json()["paths"]:
        assert path in page.text
    assert "<script" not in page.text
    assert "http://" not in page.text.replace("http://www.w3.org", "")


def test_figures_count_requests_and_rows(service: Service) -> None:
    before = service.figure("quintet_rows_total")
    service.client.post("/models/images/detect", json={"rows": ROWS["rows"] * 3})
    assert service.figure("quintet_rows_total") - before == 3
    text = service.client.get("/metrics").text
    assert 'quintet_requests_total{model="images",question="detect",status="200"}' in text
    assert "nobody" not in text, "labels are never text of a request"


def test_a_changed_file_is_swapped_and_a_broken_one_is_not(models: dict[str, Path], tmp_path: Path) -> None:
    file = tmp_path / "live.safetensors"
    shutil.copy(models["images"], file)
    with running({"live": file}, tmp_path) as service:
        first = service.client.get("/models/live").json()
        assert first["stale"] is False

        file.write_bytes(models["table"].read_bytes()[:5_000])  # cut off
        until(lambda: service.figure("quintet_model_stale") == 1)
        assert service.figure("quintet_model_reloads_total") == 1
        still = service.client.get("/models/live").json()
        assert (still["version"], still["stale"]) == (first["version"], True)
        assert service.client.post("/models/live/detect", json=ROWS).status_code == 200
        assert "changed file was refused, the older one answers" in service.log.read_text()

        answers: list[int] = []
        stop = threading.Event()

        def ask() -> None:
            with httpx.Client(base_url=service.client.base_url, timeout=300) as client:
                while not stop.is_set():
                    answers.append(client.post("/models/live/generate", json={"n": 1}).status_code)

        asking = threading.Thread(target=ask)
        asking.start()
        fresh = tmp_path / "fresh"
        shutil.copy(models["table"], fresh)
        fresh.replace(file)
        until(lambda: service.client.get("/models/live").json()["version"] != first["version"])
        stop.set()
        asking.join()
        assert set(answers) == {200}
        found = service.client.get("/models/live").json()
        assert (found["kind"], found["stale"]) == ("table", False)
        assert service.client.post("/models/live/detect", json={"rows": [RECORD]}).status_code == 200
        assert service.figure("quintet_model_stale") == 0

        file.unlink()
        time.sleep(0.5)
        assert service.client.post("/models/live/detect", json={"rows": [RECORD]}).status_code == 200


def test_the_command_serves_and_a_signal_lets_requests_finish(models: dict[str, Path], tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"# of the tests\n{KEY}\n")
    command = [sys.executable, "-m", "quintet", "serve", str(models["images"]), f"b={models['table']}", "--port", "0"]
    with running({}, tmp_path, command=[*command, "--keys", str(keys), "--max-rows", "5000"]) as service:
        service.client.headers["x-api-key"] = KEY
        assert [m["name"] for m in service.client.get("/models").json()["models"]] == ["service-images", "b"]
        body = {"rows": np.random.default_rng(0).integers(0, 17, (300, 8, 8)).tolist()}
        found: list[httpx.Response] = []
        asking = threading.Thread(
            target=lambda: found.append(service.client.post("/models/service-images/denoise", json=body))
        )
        asking.start()
        with httpx.Client(base_url=service.client.base_url, headers={"x-api-key": KEY}, timeout=300) as other:
            until(lambda: "quintet_running 2.0" in other.get("/metrics").text)
        service.process.send_signal(signal.SIGTERM)
        asking.join(240)
        assert found[0].status_code == 200
        assert len(found[0].json()["rows"]) == 300
        assert service.process.wait(240) == -signal.SIGTERM  # Uvicorn raises it again once all is done
        assert KEY not in service.log.read_text()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["nowhere.safetensors"], "cannot be read"),
        (["--host", "0.0.0.0", "MODEL"], "needs keys"),
        (["MODEL", "MODEL"], "different names"),
        (["a/b=MODEL"], "name of a model"),
        (["MODEL", "--keys", "nowhere"], "keys cannot be read"),
    ],
)
def test_a_service_that_cannot_start_says_why(
    options: list[str], words: str, models: dict[str, Path], tmp_path: Path
) -> None:
    import subprocess

    given = [option.replace("MODEL", str(models["images"])) for option in options]
    command = [sys.executable, "-m", "quintet", "serve", *given, "--port", "0"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
