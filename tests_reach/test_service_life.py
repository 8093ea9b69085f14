"""A service from its start to its end: what it refuses to start with, swaps of models, and the signal to stop."""

from __future__ import annotations

import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests_reach.limited_service import KEY, ROWS
from tests_reach.service import RECORD, files, running, until


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return files(tmp_path_factory)


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
