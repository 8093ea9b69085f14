"""A small trained model of every variant in the folder, for the laws that all of them keep."""

from __future__ import annotations

import pytest

from quintet import VAE, variants
from tests.laws.models import trained


@pytest.fixture(scope="session", params=variants.names())
def vae(request: pytest.FixtureRequest) -> VAE:
    """A trained model of one variant; every law is asked of each."""
    return trained(request.param)


@pytest.fixture(params=variants.names())
def variant(request: pytest.FixtureRequest) -> str:
    """A variant's name."""
    name: str = request.param
    return name
