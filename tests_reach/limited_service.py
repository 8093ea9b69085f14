"""A service with small limits and a key, and what its tests send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests_reach.service import Service, error_of, running

KEY = "of-the-tests-0123456789"
ROWS = {"rows": [[[0] * 8] * 8]}
HEAD = (
    f"POST /models/images/detect HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {KEY}\r\n"
    "content-type: application/json\r\n"
)
IS_JSON = {"content-type": "application/json"}
IS_BYTES = {"content-type": "application/octet-stream"}


@contextmanager
def limited(models: dict[str, Path], folder: Path) -> Iterator[Service]:
    """A service with small limits, and a key that the client has; its log names neither the key nor an error."""
    some = {name: models[name] for name in ("images", "table", "gan", "text")}
    small = {"rows": 20, "cells": 2_000, "body_bytes": 100_000, "head_seconds": 1.0, "body_seconds": 2.0}
    with running(some, folder, keys=[KEY], value_bytes=200, **small) as found:
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
