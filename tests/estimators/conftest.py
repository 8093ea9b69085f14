"""Small rows and small models that the tests of the public classes share."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from quintet import VAE
from tests.shared import Shared

TINY = {"latent_dim": 3, "network": {"kind": "mlp", "hidden": (32,)}, "epochs": 6, "training": {"batch_size": 64}}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def images() -> np.ndarray:
    """300 digits, (300, 8, 8) of uint8."""
    return load_digits().images[:300].astype(np.uint8)


@pytest.fixture(scope="session")
def labels() -> np.ndarray:
    return load_digits().target[:300]


@pytest.fixture(scope="session")
def table() -> np.ndarray:
    """200 rows of 5 correlated numbers in units of their own, (200, 5)."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(200, 2)) @ rng.normal(size=(2, 5)) * [1, 10, 0.1, 100, 1] + [0, 5, 1, -300, 2]


@pytest.fixture(scope="session")
def digits(images: np.ndarray, shared: Shared) -> VAE:
    return shared("estimators-digits", lambda: VAE(**TINY).fit(images[:250]))


@pytest.fixture(scope="session")
def conditional(images: np.ndarray, labels: np.ndarray, shared: Shared) -> VAE:
    return shared("estimators-cvae", lambda: VAE("cvae", **TINY).fit(images[:250], labels[:250]))


@pytest.fixture(scope="session")
def numbers(table: np.ndarray, shared: Shared) -> VAE:
    fit = VAE(**{**TINY, "epochs": 60}).fit  # so few rows take more epochs to be learnt at all
    return shared("estimators-numbers", lambda: fit(table))
