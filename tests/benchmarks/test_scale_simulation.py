"""The simulated cluster does what is known of simple ones, and the formula agrees with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest


@pytest.fixture
def scale(script: Callable[[str], Any]) -> Any:
    return script("scale_simulation")


@pytest.fixture
def plain(scale: Any) -> Any:
    """Eight equal workers on two nodes, with a fast disk."""
    return scale.Cluster(
        workers=8, per_node=4, compute=0.02, spread=0.0, stall=0.0, stalled=0.0, batch_bytes=1.0, disk=1e9,
        gradient=1e6, network=1e9, latency=1e-5,
    )  # fmt: skip


def test_one_worker_computes_and_nothing_else(scale: Any, plain: Any) -> None:
    found = scale.simulated(replace(plain, workers=1), 50, 0)
    assert found.seconds == pytest.approx(0.02, rel=1e-6)
    assert (found.waiting, found.reducing) == (0.0, 0.0)


def test_equal_workers_wait_for_the_ring_alone(scale: Any, plain: Any) -> None:
    found = scale.simulated(plain, 50, 0)
    ring = 2 * 7 / 8 * 1e-3 + 14e-5
    assert found.waiting == pytest.approx(0.0, abs=1e-12)
    assert found.seconds == pytest.approx(0.02 + ring, rel=1e-6)


def test_a_slow_disk_limits_the_steps(scale: Any, plain: Any) -> None:
    slow = replace(plain, batch_bytes=1e6, disk=1e6 * 4 / 0.05)  # a batch each 0.05 s on all workers of a node
    found = scale.simulated(slow, 100, 0)
    assert found.seconds == pytest.approx(0.05, rel=0.06)
    assert found.reading > 0.02


def test_more_workers_wait_longer_for_the_slowest(scale: Any, plain: Any) -> None:
    waits = [scale.simulated(replace(plain, workers=n, spread=0.2), 200, 0).waiting for n in (2, 16, 128)]
    assert waits[0] < waits[1] < waits[2]


@pytest.mark.parametrize(("workers", "steps"), [(1, 900), (16, 300), (160, 200), (1600, 60)])
def test_the_formula_agrees_with_the_simulation(scale: Any, plain: Any, workers: int, steps: int) -> None:
    cluster = replace(plain, workers=workers, per_node=16, spread=0.1)
    found = scale.simulated(cluster, steps, 1).seconds
    assert scale.calculated(cluster) == pytest.approx(found, rel=0.03)


@pytest.mark.parametrize("workers", [1, 16, 160])
def test_the_formula_agrees_where_workers_stall(scale: Any, plain: Any, workers: int) -> None:
    cluster = replace(plain, workers=workers, per_node=16, spread=0.1, stall=0.1 / workers, stalled=10.0)
    found = scale.simulated(cluster, 1000, 1).seconds
    assert scale.calculated(cluster) == pytest.approx(found, rel=0.15)
