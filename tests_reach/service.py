"""A real service on a free port of this machine, for the tests of an afternoon's questions."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from quintet.serving import Limits, create_app
from quintet.serving.server import server_of


@contextmanager
def running(models: Mapping[str, str | Path], limits: Limits | None = None, **options: Any) -> Iterator[httpx.Client]:
    """A client of Uvicorn on 127.0.0.1, in a thread of this process; it ends as on a signal."""
    limits = limits or Limits()
    app = create_app(models, limits=limits, **options)
    server = server_of(app, "127.0.0.1", 0, limits, quiet=True)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            client.app = app  # type: ignore[attr-defined]
            yield client
    finally:
        server.should_exit = True
        thread.join(60)


def until(true: Any, seconds: float = 30) -> None:
    """Wait for something that must happen."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def address_of(client: httpx.Client) -> tuple[str, int]:
    """Host and port."""
    assert client.base_url.port is not None
    return client.base_url.host, client.base_url.port
