"""The schema of a mapped array of floats is that of the array in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quintet.data import scaling
from quintet.data.large.array_schema import infer_stored
from quintet.data.schema import Schema
from quintet.errors import InputError

RNG = np.random.default_rng(0)
GREY = np.where(RNG.random((60, 20)) < 0.5, 0, RNG.choice([4.0, 9, 16, 16, 16], (60, 20)))
ARRAYS: dict[str, Any] = {
    "real": RNG.normal(size=(50, 4)),
    "large": RNG.normal(size=(50, 4)) * 1e300,
    "constant": np.column_stack([np.full(50, 3.0), RNG.normal(size=50)]),
    "unit": RNG.random((40, 64)),
    "binary": (RNG.random((40, 3)) < 0.3).astype(float),
    "grey": GREY,
    "counts": RNG.poisson(3.0, (40, 20)).astype(float),
    "image": RNG.integers(0, 256, (30, 5, 5)).astype(np.float32),
}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "CELLS", 100)


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("holes", [False, True])
def test_alike(name: str, holes: bool) -> None:
    x = ARRAYS[name].copy()
    if holes:
        x[RNG.random(x.shape) < 0.2] = np.nan
        x.reshape(len(x), -1)[:, 1] = np.nan
    found, wanted = infer_stored(x), Schema.infer(x)
    assert found.middle == pytest.approx(wanted.middle, rel=1e-12)
    assert found.model_copy(update={"middle": wanted.middle}) == wanted


def test_series() -> None:
    x = RNG.normal(size=(40, 6, 2))
    assert infer_stored(x, sequential=True) == Schema.infer(x, sequential=True)


def test_labels_and_a_given_kind() -> None:
    x, y = np.abs(np.rint(ARRAYS["real"] * 3)), np.arange(50) % 4
    assert infer_stored(x, y, "count") == Schema.infer(x, y, "count")


@pytest.mark.parametrize("kind", ["auto", "unit"])
def test_infinity(kind: str) -> None:
    x = ARRAYS["unit"].copy()
    x[-1, 2] = np.inf
    with pytest.raises(InputError, match="finite"):
        infer_stored(x, kind=kind)
