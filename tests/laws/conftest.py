"""A small trained model of every variant in the folder, for the laws that all of them keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from quintet import VAE, variants
from tests.laws.models import answers, trained
from tests.shared import Shared, answering_in_haste, unprepared

WITH_POSTERIOR = [name for name in variants.names() if "detect" not in variants.get(name).answers]


@pytest.fixture(autouse=True)
def _in_full(measured_in_full: None) -> Iterator[None]:
    """Every variant goes through everything that a fit does and that an answer does, in few steps each."""
    with answering_in_haste():
        yield


@pytest.fixture
def weights_alone() -> Iterator[None]:
    """For laws of ``weights_of`` estimators: their fits end with the training."""
    with unprepared():
        yield


@pytest.fixture(scope="session")
def known(shared: Shared) -> Callable[[str], VAE]:
    """The trained model of a variant that all laws ask, by the variant's name."""
    return lambda name: shared(f"law-{name}", lambda: trained(name))


@pytest.fixture(scope="session", params=variants.names())
def any_vae(request: pytest.FixtureRequest, known: Callable[[str], VAE]) -> VAE:
    """A trained model of one variant."""
    return known(request.param)


@pytest.fixture(scope="session", params=WITH_POSTERIOR)
def vae(request: pytest.FixtureRequest, known: Callable[[str], VAE]) -> VAE:
    """A trained model of one variant that has a posterior, as all but the plain GAN have."""
    return known(request.param)


@pytest.fixture(scope="session")
def answered(shared: Shared) -> Callable[[VAE], dict[str, Any]]:
    """Answers of a trained model for held-out rows, computed once for all laws."""
    known: dict[str, dict[str, Any]] = {}

    def of(vae: VAE) -> dict[str, Any]:
        variant = vae.fitted_.options["variant"]
        if variant not in known:
            known[variant] = shared.arrays(f"law-{variant}", lambda: answers(vae))
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
