"""What a request passes before a route: bytes, time, keys, and one form of errors."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from quintet.serving.gate import Gate
from quintet.serving.keys import Keys
from quintet.serving.limits import Limits

KEY = "first-key-0123456789"


class Figures:
    """Stands in for the figures of Prometheus."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, ...]] = Counter()
        self.requests = self.seconds = self.running = self.disconnects = self

    def labels(self, *labels: str) -> Figures:
        self.seen[labels] += 1
        return self

    def inc(self, by: float = 1) -> None: ...
    def dec(self) -> None: ...
    def observe(self, value: float) -> None: ...


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """A route that reads the whole body and tells its length."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def served(
    chunks: list[bytes | float | None],
    headers: list[tuple[bytes, bytes]] | None = None,
    app: Any = echo,
    keys: Keys | None = None,
    path: str = "/models",
    **limits: Any,
) -> tuple[int, bytes, int]:
    """Status and body of an answer, and how many parts of the request were read; None disconnects, a number waits."""
    messages: list[Any] = []
    read = 0

    async def receive() -> Any:
        nonlocal read
        read += 1
        chunk = chunks[read - 1]
        if isinstance(chunk, float):
            await asyncio.sleep(chunk)
            return {"type": "http.request", "body": b"", "more_body": True}
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": read < len(chunks)}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "path": path, "headers": headers or [], "method": "POST"}
    gate = Gate(app, Limits(**limits), Figures(), keys)  # type: ignore[arg-type]
    asyncio.run(gate(scope, receive, send))
    if not messages:
        return 0, b"", read
    return messages[0]["status"], b"".join(m.get("body", b"") for m in messages[1:]), read


def code_of(content: bytes) -> str:
    found = json.loads(content)
    assert list(found) == ["error"]
    return str(found["error"]["code"])


def test_a_body_within_the_limit_passes() -> None:
    assert served([b"abc", b"", b"defg"], body_bytes=7)[:2] == (200, b"7")


def test_a_body_without_a_length_is_refused_when_it_passes_the_limit() -> None:
    status, content, read = served([b"abc"] * 100, body_bytes=7)
    assert (status, code_of(content), read) == (413, "too_many_bytes", 3)


def test_a_stated_length_over_the_limit_is_refused_before_a_byte_is_read() -> None:
    status, content, read = served([b"abc"], [(b"content-length", b"8")], body_bytes=7)
    assert (status, code_of(content), read) == (413, "too_many_bytes", 0)


def test_a_slow_body_is_refused() -> None:
    status, content, _ = served([b"a", 0.01, 0.01, 5.0, b"b"], body_seconds=0.1)
    assert (status, code_of(content)) == (408, "too_slow")


def test_a_client_that_leaves_gets_no_answer() -> None:
    assert served([b"a", None]) == (0, b"", 2)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"Bearer wrong-key-0123456789")],
        [(b"authorization", KEY.encode())],
        [(b"authorization", b"Basic " + KEY.encode())],
        [(b"x-api-key", b"\xff")],
    ],
)
def test_a_wrong_key_is_refused_before_a_byte_is_read(headers: list[tuple[bytes, bytes]]) -> None:
    status, content, read = served([b"abc"], headers, keys=Keys([KEY]))
    assert (status, code_of(content), read) == (401, "wrong_key", 0)
    assert KEY.encode() not in content


def test_a_key_opens_and_health_needs_none() -> None:
    for header in ((b"authorization", b"Bearer " + KEY.encode()), (b"x-api-key", KEY.encode())):
        assert served([b"abc"], [header], keys=Keys([KEY]))[0] == 200
    assert served([b"abc"], keys=Keys([KEY]), path="/health")[0] == 200
    assert served([b"abc"], keys=Keys([KEY]), path="/health/../models")[0] == 401


def test_an_unexpected_error_tells_nothing_of_the_server() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError("/srv/models/secret.safetensors")

    status, content, _ = served([b""], app=broken)
    assert (status, code_of(content)) == (500, "internal")
    assert b"/srv" not in content
