"""Load on `quintet serve`: requests a second and their times at 1, 8 and 64 clients, and memory over minutes.

    python benchmarks/serving.py [--seconds 20] [--minutes 10] [--quick] [--json FILE]

Two models are fitted first, in about a minute: of the embedded digits (8×8), and of a table of seven columns made by a
formula. The service is a process of its own with one thread; the clients are in this process, over the loopback, each
with one connection and one request at a time. One row a request, but for ``rows100``: 100 rows as a stream of Arrow.
``requests_a_call`` is how many requests a call of the model answers on average. Memory is the resident memory of the
service's process while eight clients ask all of this in turn, after ``--warm-up`` seconds.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

import numpy as np
import psutil
import pyarrow as pa
from common import options, table, write_json
from PIL import Image
from sklearn.datasets import load_digits

from quintet import VAE

CLIENTS = (1, 8, 64)
JSON, ARROW, PNG = "application/json", "application/vnd.apache.arrow.stream", "image/png"


class Asked(NamedTuple):
    """A request: its name in the figures, the path of its route, the type of its body, and bodies in turn."""

    name: str
    path: str
    kind: str
    bodies: Sequence[bytes]


def made_table(rows: int, seed: int) -> pa.Table:
    """A table of two groups of rows that differ in every column."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, rows)
    return pa.table(
        {
            "place": np.array(["north", "south", "east", "west"])[2 * group + rng.integers(0, 2, rows)],
            "age": rng.integers(20, 40, rows) + 25 * group,
            "price": np.round(np.exp(rng.normal(1 + group, 0.5, rows)), 2),
            "free": rng.random(rows) < np.where(group == 0, 0.1, 0.9),
            "visits": rng.poisson(1 + 5 * group),
            "weight": rng.normal(60 + 20 * group, 8, rows),
            "when": np.datetime64("2024-01-01") + (rng.integers(0, 200, rows) + 100 * group).astype("timedelta64[D]"),
        }
    )


def fitted(folder: Path, quick: bool, seed: int) -> dict[str, Path]:
    """The two models' files."""
    epochs = 3 if quick else 20
    rows = load_digits().images[:1500].astype(np.uint8)
    VAE(latent_dim=12, epochs=epochs, random_state=seed).fit(rows).save(folder / "digits.safetensors")
    known = made_table(400 if quick else 3_000, seed)
    VAE(epochs=epochs, random_state=seed).fit(known).save(folder / "table.safetensors")
    return {name: folder / f"{name}.safetensors" for name in ("digits", "table")}


def requests(seed: int) -> list[Asked]:
    """What the clients ask."""
    images = load_digits().images[1500:1750].astype(np.uint8)
    rows = made_table(250, seed + 1)
    records = [json.loads(json.dumps(row, default=str)) for row in rows.to_pylist()]
    holed = [row | {"age": None, "place": None} for row in records]
    return [
        Asked("digits.detect", "digits/detect", JSON, [_json(image.tolist()) for image in images]),
        Asked("digits.detect_png", "digits/detect", PNG, [_png(image) for image in images]),
        Asked(
            "digits.denoise", "digits/denoise?noise=replacement&effort=low", JSON, [_json(i.tolist()) for i in images]
        ),
        Asked("digits.generate", "digits/generate", JSON, [json.dumps({"seed": k}).encode() for k in range(250)]),
        Asked("table.detect", "table/detect", JSON, [_json(record) for record in records]),
        Asked("table.impute", "table/impute", JSON, [_json(record) for record in holed]),
        Asked("table.detect_rows100", "table/detect", ARROW, [_arrow(rows.slice(k, 100)) for k in range(0, 150, 10)]),
    ]


def _json(row: Any) -> bytes:
    return json.dumps({"rows": [row]}).encode()


def _png(pixels: Any) -> bytes:
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, "PNG")
    return sink.getvalue()


def _arrow(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return sink.getvalue()


@contextmanager
def served(files: Mapping[str, Path]) -> Iterator[tuple[int, psutil.Process]]:
    """The port and the process of a service."""
    command = [sys.executable, "-m", "quintet", "serve", *map(str, files.values()), "--port", "0", "--quiet"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    )
    assert process.stderr is not None
    try:
        lines = iter(process.stderr.readline, "")
        port = next(found[1] for line in lines if (found := re.search(r"running on http://127\.0\.0\.1:(\d+)", line)))
        yield int(port), psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


async def times_of(port: int, asked: Sequence[Asked], clients: int, seconds: float) -> list[float]:
    """Seconds of each request of some clients, each of which asks again as soon as it is answered."""
    end, found = time.perf_counter() + seconds, []

    async def client(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for turn in itertools.count(number):
            began = time.perf_counter()
            if began >= end:
                break
            question = asked[turn % len(asked)]
            body = question.bodies[turn // len(asked) % len(question.bodies)]
            writer.write(
                f"POST /models/{question.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {question.kind}\r\n"
                f"content-length: {len(body)}\r\n\r\n".encode()
                + body
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.I)
            answer = await reader.readexactly(int(length[1]) if length else 0)
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"{question.path} was answered by {head.splitlines()[0]!r}: {answer[:300]!r}")
            found.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    return found


def calls_of(port: int) -> tuple[float, float]:
    """Requests that models have answered, and calls that answered them."""
    text = urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    sums = [
        sum(float(value) for value in re.findall(rf"^quintet_batch_requests_{part}\{{.*\}} (\S+)$", text, re.M))
        for part in ("sum", "count")
    ]
    return sums[0], sums[1]


def loaded(port: int, seconds: float) -> dict[str, float]:
    """Requests a second, and times of the middle and of the slowest hundredth, for each question and number of
    clients."""
    figures: dict[str, float] = {}
    for asked, clients in itertools.product(requests(0), CLIENTS):
        asyncio.run(times_of(port, [asked], clients, min(1.0, seconds / 4)))
        before, began = calls_of(port), time.perf_counter()
        found = asyncio.run(times_of(port, [asked], clients, seconds))
        spent, after = time.perf_counter() - began, calls_of(port)
        name = f"{asked.name}.{clients}"
        figures[f"{name}.requests_per_second"] = len(found) / spent
        figures[f"{name}.p50_ms"], figures[f"{name}.p99_ms"] = (
            1000 * float(q) for q in np.quantile(found, (0.5, 0.99))
        )
        figures[f"{name}.requests_a_call"] = (after[0] - before[0]) / max(1.0, after[1] - before[1])
        print(name, *(f"{figures[f'{name}.{f}']:.1f}" for f in FIELDS), file=sys.stderr, flush=True)
    return figures


FIELDS = ("requests_per_second", "p50_ms", "p99_ms", "requests_a_call")


def memory(port: int, process: psutil.Process, minutes: float, warm_up: float) -> dict[str, float]:
    """Resident memory of the service in MiB: at the start, at the end and at most, while eight clients ask."""
    everything = requests(0)
    asyncio.run(times_of(port, everything, 8, warm_up))
    seen, end, answered = [], time.perf_counter() + 60 * minutes, 0
    while time.perf_counter() < end:
        seen.append(process.memory_info().rss / 2**20)
        answered += len(asyncio.run(times_of(port, everything, 8, min(5.0, 60 * minutes / 4))))
    tenth = max(1, len(seen) // 10)
    return {
        "memory.minutes": minutes,
        "memory.requests": answered,
        "memory.first_tenth_mib": float(np.mean(seen[:tenth])),
        "memory.last_tenth_mib": float(np.mean(seen[-tenth:])),
        "memory.most_mib": max(seen),
    }


def main() -> None:
    """Fit, serve, ask."""
    parser = options(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each question and number of clients")
    parser.add_argument("--minutes", type=float, default=10.0, help="of the memory's run")
    parser.add_argument("--warm-up", type=float, default=30.0, help="seconds before memory counts")
    args = parser.parse_args()
    seconds, minutes, warm_up = (1.0, 0.2, 3.0) if args.quick else (args.seconds, args.minutes, args.warm_up)
    with (
        tempfile.TemporaryDirectory() as folder,
        served(fitted(Path(folder), args.quick, args.seed)) as (port, process),
    ):
        figures = loaded(port, seconds)
        figures |= memory(port, process, minutes, warm_up)
    names = list(dict.fromkeys(name.rpartition(".")[0] for name in figures if not name.startswith("memory.")))
    lines = [(*name.rsplit(".", 1), *(f"{figures[f'{name}.{field}']:.1f}" for field in FIELDS)) for name in names]
    table("Load on the service", lines, ("question", "clients", "requests/s", "p50 ms", "p99 ms", "requests a call"))
    table("Memory", [(k, f"{v:,.0f}") for k, v in figures.items() if k.startswith("memory.")], ("", "MiB"))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
