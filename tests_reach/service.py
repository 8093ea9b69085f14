"""A real service: a process that listens on a free port of this machine, and small models for it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from sklearn.datasets import load_digits

from tests import shared
from tests.tables import small_table

START = """
import json, sys
from quintet.serving import Keys, Limits, serve
about = json.loads(sys.argv[1])
keys = Keys(about["keys"]) if about["keys"] else None
serve(about["models"], port=0, limits=Limits(**about["limits"]), keys=keys, reload_seconds=about["reload_seconds"])
"""


@dataclass
class Service:
    """A service that runs.

    Parameters
    ----------
    client : sends requests to it.
    log : what it wrote to standard error.
    """

    client: httpx.Client
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        port = self.client.base_url.port
        assert port is not None
        return self.client.base_url.host, port

    def raw(self, content: bytes, then: Callable[[socket.socket], None] | None = None) -> bytes:
        """What it answers to bytes that need not be HTTP, until it closes the connection."""
        with socket.create_connection(self.address, timeout=240) as line:
            line.sendall(content)
            if then is not None:
                then(line)
            parts = []
            while part := line.recv(65_536):
                parts.append(part)
        return b"".join(parts)

    def figure(self, name: str) -> float:
        """A figure of /metrics, the sum over its labels."""
        text = self.client.get("/metrics").text
        return sum(float(value) for value in re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", text, re.M))


@contextmanager
def running(
    models: Mapping[str, Path],
    folder: Path,
    *,
    keys: Sequence[str] = (),
    reload_seconds: float = 0.1,
    command: Sequence[str] = (),
    **limits: Any,
) -> Iterator[Service]:
    """A service on 127.0.0.1, in a process of its own; it is stopped as a supervisor does it.

    Parameters
    ----------
    command : starts it in place of ``quintet.serving.serve``.
    """
    about = {"models": {name: str(path) for name, path in models.items()}, "limits": limits, "keys": list(keys)}
    script = [sys.executable, "-c", START, json.dumps(about | {"reload_seconds": reload_seconds})]
    log = folder / f"service-{time.monotonic_ns()}.log"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as file:
        process = subprocess.Popen(list(command) or script, stdout=file, stderr=file, env=environment)
    try:
        until(lambda: process.poll() is not None or b"running on http" in log.read_bytes(), 600)
        found = re.search(rb"running on (http://[\d.:]+)", log.read_bytes())
        assert found is not None, log.read_text()
        with httpx.Client(base_url=found[1].decode(), timeout=300) as client:
            yield Service(client, process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(240)


def until(true: Callable[[], Any], seconds: float = 240) -> None:
    """Wait for something that must happen."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def files(factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small models of a table, of images, of series, of text, and one that does not impute; fitted once a run."""
    from quintet import VAE, Series, Text

    models = shared.of(factory)
    digits = load_digits().images[:300].astype(np.uint8)
    steps = np.arange(400)
    load = np.sin(steps * 2 * np.pi / 24) + 0.1 * np.random.default_rng(0).normal(size=400)
    small: dict[str, Any] = {"latent_dim": 3, "network": {"kind": "mlp", "hidden": (16,)}, "epochs": 2}
    with shared.hardly_measured(), shared.uncrossed():
        for name, fit in {
            "table": lambda: VAE(**small).fit(small_table(160, holes=0.0)),
            "images": lambda: VAE(**small).fit(digits),
            "labelled": lambda: VAE("cvae", **small).fit(digits, load_digits().target[:300]),
            "gan": lambda: VAE("gan", **small).fit(digits[:100]),
            "series": lambda: Series(epochs=2, window=32).fit(load),
            "text": lambda: Text(VAE(epochs=1)).fit(["the cat sat", "the dog sat", "a cat ran"] * 20),
        }.items():
            models(f"service-{name}", fit)
    return {
        name: models.folder / f"service-{name}.safetensors"
        for name in ("table", "images", "labelled", "gan", "series", "text")
    }


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The error of a response, which has the one form."""
    assert response.headers["content-type"] == "application/json"
    found = response.json()
    assert list(found) == ["error"]
    assert sorted(found["error"]) == ["code", "message", "status"]
    assert found["error"]["status"] == response.status_code
    assert found["error"]["message"][-1] in ".…"
    error: dict[str, Any] = found["error"]
    return error


RECORD: dict[str, Any] = {
    "place": "north",
    "age": 30,
    "price": 5.5,
    "free": True,
    "visits": 2,
    "size": "S",
    "when": "2024-02-01",
    "same": "x",
}
"""A row of the table."""
