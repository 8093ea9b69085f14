"""Figures of the service in Prometheus' text format."""

from __future__ import annotations

import time
from typing import Any

from quintet.extras import extra

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 10_000)


class Metrics:
    """Counters and times of one service, in a registry of its own.

    Labels are names of served models, questions and statuses, never text of a request, so that their number is bounded.
    """

    def __init__(self) -> None:
        with extra("serve", "The service"):
            from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
        self.registry = registry = CollectorRegistry()
        asked = ("model", "question")
        self.requests: Any = Counter(
            "quintet_requests", "Requests that were answered or refused.", (*asked, "status"), registry=registry
        )
        self.seconds: Any = Histogram(
            "quintet_request_seconds",
            "Time of a request, its body included.",
            asked,
            buckets=SECONDS,
            registry=registry,
        )
        self.rows: Any = Counter("quintet_rows", "Rows that were answered.", asked, registry=registry)
        self.batch_rows: Any = Histogram(
            "quintet_batch_rows", "Rows of one call of a model.", asked, buckets=ROWS, registry=registry
        )
        self.batch_requests: Any = Histogram(
            "quintet_batch_requests", "Requests of one call of a model.", asked, buckets=ROWS, registry=registry
        )
        self.waiting: Any = Gauge("quintet_waiting", "Requests that wait for a model.", ("model",), registry=registry)
        self.running: Any = Gauge("quintet_running", "Requests that are being served.", registry=registry)
        self.disconnects: Any = Counter(
            "quintet_disconnects", "Clients that left before their answer.", registry=registry
        )
        self.reloads: Any = Counter(
            "quintet_model_reloads",
            "Changed files of models: loaded, or failed.",
            ("model", "outcome"),
            registry=registry,
        )
        self.stale: Any = Gauge(
            "quintet_model_stale",
            "1 while a changed file could not be loaded and the older model answers.",
            ("model",),
            registry=registry,
        )
        self.loaded: Any = Gauge(
            "quintet_model_loaded_timestamp_seconds",
            "When the model that answers was loaded.",
            ("model",),
            registry=registry,
        )

    def text(self) -> tuple[bytes, str]:
        """All figures, and their content type."""
        with extra("serve", "The service"):
            from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
        return generate_latest(self.registry), CONTENT_TYPE_LATEST

    def was_loaded(self, model: str, again: bool) -> None:
        """A model's file was loaded."""
        self.loaded.labels(model).set(time.time())
        self.stale.labels(model).set(0)
        if again:
            self.reloads.labels(model, "loaded").inc()

    def was_broken(self, model: str) -> None:
        """A changed file of a model could not be loaded."""
        self.stale.labels(model).set(1)
        self.reloads.labels(model, "failed").inc()
