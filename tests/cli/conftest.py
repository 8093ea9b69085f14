"""Small models that the command made."""

from pathlib import Path

import numpy as np
import pytest

from tests.cli.command import ok
from tests.shared import Shared, hardly_measured


@pytest.fixture(scope="session")
def table() -> np.ndarray:
    """Rows of three numbers, the third the sum of the others."""
    rows = np.random.default_rng(0).normal(size=(120, 3))
    rows[:, 2] = rows[:, 0] + rows[:, 1]
    return 100 * rows.round(2)


@pytest.fixture(scope="session")
def models(shared: Shared, table: np.ndarray) -> Path:
    """A folder with digits, other, labelled, table and real.safetensors; the last two are of table.csv."""
    return shared.whole("cli-models", lambda room: make_models(room, table))


def make_models(room: Path, table: np.ndarray) -> None:
    few = ("--limit", 120, "--epochs", 1, "--latent-dim", 2, "--network", "mlp", "--quiet")
    np.savetxt(room / "table.csv", table, delimiter=",", header="a,b,c", comments="")
    with hardly_measured():
        ok("fit", "digits", "--out", room / "digits.safetensors", *few)
        ok("fit", "digits", "--out", room / "other.safetensors", *few, "--seed", 1)
        ok("fit", "digits", "--out", room / "labelled.safetensors", *few, "--variant", "cvae", "--only", "0-8")
        ok("fit", room / "table.csv", "--out", room / "table.safetensors", *few)
        ok("fit", room / "table.csv", "--out", room / "real.safetensors", *few, "--kind", "real")
    ok("compress", room / "digits.safetensors", "digits", "--limit", 8, "--out", room / "digits.qnt", "--quiet")
