"""One small model of the embedded digits for the tests of all questions."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from quintet import VAE
from tests.shared import Shared


@pytest.fixture(scope="session")
def trained(shared: Shared) -> VAE:
    """A VAE of 1,500 digits, 8x8, 0..16, a few seconds of training."""
    rows = load_digits().images[:1500].astype(np.uint8)
    return shared("tasks-digits", lambda: VAE(latent_dim=12, epochs=40, random_state=0).fit(rows))


@pytest.fixture(scope="session")
def held_out() -> np.ndarray:
    """Digits that ``trained`` did not see, (200, 8, 8)."""
    return load_digits().images[1500:1700].astype(np.uint8)


@pytest.fixture(scope="session")
def digits_8x8() -> np.ndarray:
    """The embedded digits, (1797, 8, 8), 0..16; ``trained`` saw the first 1,500."""
    return load_digits().images.astype(np.uint8)
