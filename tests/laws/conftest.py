"""A small trained model of every variant in the folder, for the laws that all of them keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from quintet import VAE, variants
from tests.laws.models import answers, trained
from tests.shared import Shared

WITH_POSTERIOR = [name for name in variants.names() if "detect" not in variants.get(name).answers]


@pytest.fixture(autouse=True)
def _in_full(measured_in_full: None) -> None:
    """Every variant goes through everything that a fit does."""


@pytest.fixture(scope="session", params=variants.names())
def any_vae(request: pytest.FixtureRequest, shared: Shared) -> VAE:
    """A trained model of one variant."""
    return shared(f"law-{request.param}", lambda: trained(request.param))


@pytest.fixture(scope="session", params=WITH_POSTERIOR)
def vae(request: pytest.FixtureRequest, shared: Shared) -> VAE:
    """A trained model of one variant that has a posterior, as all but the plain GAN have."""
    return shared(f"law-{request.param}", lambda: trained(request.param))


@pytest.fixture(scope="session")
def answered() -> Callable[[VAE], dict[str, Any]]:
    """What a trained model says of the held-out rows, asked once for all laws."""
    known: dict[str, dict[str, Any]] = {}

    def of(vae: VAE) -> dict[str, Any]:
        variant = vae.fitted_.options["variant"]
        if variant not in known:
            known[variant] = answers(vae)
        return known[variant]

    return of


@pytest.fixture(params=variants.names())
def variant(request: pytest.FixtureRequest) -> str:
    """A variant's name."""
    name: str = request.param
    return name


@pytest.fixture(params=WITH_POSTERIOR)
def guided(request: pytest.FixtureRequest) -> str:
    """The name of a variant that has a posterior."""
    name: str = request.param
    return name
