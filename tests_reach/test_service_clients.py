"""Slow and broken clients of a service, keys, its page and its figures."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests_reach.limited_service import HEAD, KEY, ROWS, limited
from tests_reach.service import Service, error_of, files, until


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return files(tmp_path_factory)


@pytest.fixture(scope="module")
def service(models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with limited(models, tmp_path_factory.mktemp("log")) as found:
        yield found


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
