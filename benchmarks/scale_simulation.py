"""Training on many nodes, simulated event by event, beside the formula that `docs/scale.md` calculates with.

Workers train in step: each computes the gradient of its part of the batch, waits for the slowest, and all reduce the
gradients in a ring. A worker's computation varies from step to step, and now and then it stalls; its rows come from a
file on the node's disk, which its workers share, one batch read ahead. The simulation keeps a queue of events (a batch
is read, a worker is done); the formula knows none of them: it adds the expected slowest worker to the ring's time.

Measured: rates of one process, of `docs/results/larger_than_memory.json`. Assumed, and options: processes and disk of a
node, network, stragglers. Hours are of the training steps; the passes over the files, which each node makes for itself,
stand beside them.

    python benchmarks/scale_simulation.py --json docs/results/scale_simulation.json
"""

from __future__ import annotations

import heapq
import json
import math
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
from common import options, table, write_json

MEASURED = Path(__file__).resolve().parents[1] / "docs" / "results" / "larger_than_memory.json"
NODES = (1, 10, 100)
QUICK_RATE = 5e4
"""Rows a second of a quick run where none is measured."""


@dataclass(frozen=True)
class Cluster:
    """What a step depends on.

    Parameters
    ----------
    workers : processes, one a core.
    per_node : of them on a node.
    compute : seconds of a worker's part of a step, on average.
    spread : coefficient of variation of that time.
    stall, stalled : probability that a worker stalls in a step, and for how many times ``compute``.
    batch_bytes : of a worker's rows of a step.
    disk : bytes a second of a node.
    gradient : bytes of the gradients.
    network, latency : bytes a second of a link, seconds of a message.
    """

    workers: int
    per_node: int
    compute: float
    spread: float
    stall: float
    stalled: float
    batch_bytes: float
    disk: float
    gradient: float
    network: float
    latency: float

    @property
    def reading(self) -> float:
        """Seconds that a worker's batch takes where all workers of a node read."""
        return self.batch_bytes * min(self.per_node, self.workers) / self.disk

    @property
    def reduction(self) -> float:
        """Seconds of a ring: each worker sends and receives twice what is not its own."""
        if self.workers == 1:
            return 0.0
        sent = 2 * (self.workers - 1) / self.workers * self.gradient
        return sent / self.network + 2 * (self.workers - 1) * self.latency


@dataclass(frozen=True)
class Step:
    """Mean seconds of a step: whole, and the parts of the workers' time that go to waiting and to the ring."""

    seconds: float
    waiting: float
    reducing: float
    reading: float


def simulated(cluster: Cluster, steps: int, seed: int) -> Step:
    """A run of some steps, event by event."""
    rng = np.random.default_rng(seed)
    sigma = math.sqrt(math.log1p(cluster.spread**2))
    now, waiting, starved = 0.0, 0.0, 0.0
    ready = np.full(cluster.workers, cluster.reading)  # when the next batch of each worker is there
    for _ in range(steps):
        time = cluster.compute * rng.lognormal(-(sigma**2) / 2, sigma, cluster.workers)
        time = np.where(rng.random(cluster.workers) < cluster.stall, time + cluster.stalled * cluster.compute, time)
        events = [(max(now, ready[worker]), worker, False) for worker in range(cluster.workers)]
        heapq.heapify(events)
        done = np.zeros(cluster.workers)
        while events:
            at, worker, computed = heapq.heappop(events)
            if computed:
                done[worker] = at
                continue
            starved += at - now
            ready[worker] = at + cluster.reading  # the next batch is read while this one is computed
            heapq.heappush(events, (at + time[worker], worker, True))
        last = float(done.max())
        waiting += float((last - done).mean())
        now = last + cluster.reduction
    return Step(now / steps, waiting / steps, cluster.reduction, starved / steps / cluster.workers)


def calculated(cluster: Cluster) -> float:
    """Seconds of a step by the formula: the expected slowest of the workers or the disk, and the ring.

    The largest of W lognormal times is that of Blom's normal score (W - 3/8) / (W + 1/4), and a stall is added as often
    as one of the workers has one.
    """
    sigma = math.sqrt(math.log1p(cluster.spread**2))
    quantile = NormalDist().inv_cdf((cluster.workers - 0.375) / (cluster.workers + 0.25))
    slowest = cluster.compute * math.exp(sigma * quantile - sigma**2 / 2)
    if cluster.workers == 1:
        slowest = cluster.compute
    some = 1 - (1 - cluster.stall) ** cluster.workers
    stalled = cluster.compute * (1 + cluster.stalled)
    return max((1 - some) * slowest + some * max(slowest, stalled), cluster.reading) + cluster.reduction


def main() -> None:
    """Simulate one, ten and a hundred nodes."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--rows", type=float, default=1e9)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--batch", type=int, default=1024, help="rows of a worker's part of a step")
    parser.add_argument("--rate", type=float, help="rows a second of one process; as measured if it is left out")
    parser.add_argument("--pass-rate", type=float, help="rows a second of both passes; as measured if it is left out")
    parser.add_argument("--per-node", type=int, default=16, help="processes of a node")
    parser.add_argument("--disk", type=float, default=1e9, help="bytes a second of a node's disk")
    parser.add_argument("--network", type=float, default=1.25e9, help="bytes a second of a link")
    parser.add_argument("--latency", type=float, default=50e-6, help="seconds of a message")
    parser.add_argument("--weights", type=float, default=2e5, help="trained weights, of four bytes")
    parser.add_argument("--spread", type=float, default=0.1, help="coefficient of variation of a worker's time")
    parser.add_argument("--stall", type=float, default=1e-4, help="probability that a worker stalls in a step")
    parser.add_argument("--stalled", type=float, default=10.0, help="its length, in steps")
    parser.add_argument("--steps", type=int, default=2_000, help="steps to simulate")
    o = parser.parse_args()
    known = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    rate = o.rate or known.get("disk.rows_per_s") or (QUICK_RATE if o.quick else None)
    if rate is None:
        raise SystemExit(f"No measured rate: give --rate, or write {MEASURED.name} by larger_than_memory.py.")
    passes = o.pass_rate or known.get("rows", 0) / max(
        known.get("disk.learn_s", 0) + known.get("disk.encode_s", 0), 1e-9
    )
    figures: dict[str, float] = {"rows": o.rows, "epochs": o.epochs, "rate": rate, "pass_rate": passes}
    assumed = ("per_node", "disk", "network", "latency", "weights", "spread", "stall", "stalled", "batch", "columns")
    figures |= {f"assumed.{name}": getattr(o, name) for name in assumed}
    steps = min(o.steps, 200) if o.quick else o.steps
    for nodes in NODES:
        workers = nodes * o.per_node
        cluster = Cluster(
            workers, o.per_node, o.batch / rate, o.spread, o.stall, o.stalled, 8.0 * o.columns * o.batch, o.disk,
            4 * o.weights, o.network, o.latency,
        )  # fmt: skip
        found, formula = simulated(cluster, max(60 if o.quick else 300, steps // nodes), o.seed), calculated(cluster)
        an_epoch = math.ceil(o.rows / (workers * o.batch))
        figures |= {
            f"{nodes}.hours": an_epoch * o.epochs * found.seconds / 3600,
            f"{nodes}.node_hours": nodes * an_epoch * o.epochs * found.seconds / 3600,
            f"{nodes}.steps_an_epoch": an_epoch,
            f"{nodes}.efficiency": cluster.compute / found.seconds,
            f"{nodes}.waiting": found.waiting / found.seconds,
            f"{nodes}.reducing": found.reducing / found.seconds,
            f"{nodes}.reading": found.reading / found.seconds,
            f"{nodes}.formula": formula / found.seconds,
            f"{nodes}.pass_hours": o.rows / passes / 3600 if passes else 0.0,
        }
    names = [name.partition(".")[2] for name in figures if name.startswith(f"{NODES[0]}.")]
    lines = [(name, *(f"{figures[f'{nodes}.{name}']:.3g}" for nodes in NODES)) for name in names]
    table(f"{o.rows:.0e} rows, {o.epochs} epochs", lines, ("", *(f"{nodes} nodes" for nodes in NODES)))
    write_json(o.json, figures, o.seed)


if __name__ == "__main__":
    main()
