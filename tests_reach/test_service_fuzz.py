"""Requests that nobody thought of, made from the service's own description by schemathesis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests_reach.service import Service, files, running

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
"""Not ``positive_data_acceptance``: what rows of a model are is in its own description, not in that of the routes."""
NAMES = ("images", "table", "text", "nobody")
KEY = "of-the-tests-0123456789"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    models = files(tmp_path_factory)
    some = {name: models[name] for name in NAMES[:3]}
    with running(some, tmp_path_factory.mktemp("log"), keys=[KEY], rows=8, cells=2_000) as found:
        found.client.headers["authorization"] = f"Bearer {KEY}"
        yield found
        assert "Traceback" not in found.log.read_text()


def described(service: Service) -> Any:
    """The description, whose models are those that are served and one that is not."""
    found = service.client.get("/openapi.json").json()
    for methods in found["paths"].values():
        for about in methods.values():
            for parameter in about.get("parameters", ()):
                if parameter["name"] == "model":
                    parameter["schema"]["enum"] = list(NAMES)
    return schemathesis.openapi.from_dict(found)


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_no_request_breaks_the_service_or_its_description(mode: Any, service: Service) -> None:
    session = requests.Session()
    operations = [found.ok() for found in described(service).get_all_operations()]
    assert len(operations) == 13
    for operation in operations:

        @settings(
            max_examples=12, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            case.call_and_validate(
                base_url=str(service.client.base_url),
                session=session,
                headers={"authorization": f"Bearer {KEY}"},
                checks=CHECKS,
            )

        if mode is schemathesis.GenerationMode.POSITIVE or operation.path.startswith("/models/"):
            ask()
    assert service.client.get("/health").status_code == 200


def test_a_request_without_the_key_of_the_description_is_refused(service: Service) -> None:
    found = described(service)
    for operation in (each.ok() for each in found.get_all_operations()):
        if operation.path.startswith("/models"):
            case = operation.Case(path_parameters={"model": "images"}, method=operation.method.upper())
            assert case.call(base_url=str(service.client.base_url)).status_code == 401


def test_the_log_has_no_key(service: Service, tmp_path: Path) -> None:
    assert KEY not in service.log.read_text()
