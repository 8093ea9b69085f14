"""Series whose cells are spread wider than in training: one factor for a block, which its file holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quintet import VAE
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.errors import FileRefused
from quintet.tasks.compress import choose_code
from quintet.tasks.compress.widening import FACTORS, USUAL, choose_widening, read_widening
from tests.shared import Shared, hardly_measured


def waves(noise: float, seed: int, rows: int = 24) -> np.ndarray[Any, Any]:
    """A wave of 12 steps with noise, in hundredths."""
    draw = np.random.default_rng(seed)
    at = np.arange(36)[None] + draw.integers(0, 12, (rows, 1))
    return np.round(np.sin(at * np.pi / 6) + noise * draw.normal(size=(rows, 36)), 2)


@pytest.fixture(scope="module")
def vae(shared: Shared) -> VAE:
    def fit() -> VAE:
        with hardly_measured():
            small: dict[str, Any] = {"latent_dim": 2, "network": {"kind": "mlp", "hidden": (16,)}, "calibration": 0.0}
            return VAE(**small, layout="steps", context="steps", epochs=40).fit(waves(0.1, 0, 80))

    return shared("widening", fit)


def chosen_factor(vae: VAE, rows: np.ndarray[Any, Any], patch: pytest.MonkeyPatch) -> float:
    found: list[float] = []

    def choose(*about: Any) -> Any:
        code = choose_widening(*about)
        found.append(code.widening)
        return code

    patch.setattr(choose_code, "choose_widening", choose)
    vae.compress(rows)
    patch.undo()
    return found[0]


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.6])
def test_rows_come_back_and_are_shorter_where_they_are_noisier(
    vae: VAE, noise: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = waves(noise, 1)
    factor, blob = chosen_factor(vae, rows, monkeypatch), vae.compress(rows)
    assert np.array_equal(vae.decompress(blob), rows)
    monkeypatch.setattr(choose_code, "choose_widening", lambda code, *_: code)
    plain = vae.compress(rows)
    assert np.array_equal(vae.decompress(plain), rows)
    assert len(blob) <= len(plain) + 1
    if noise == 0.6:
        assert factor >= 2
        assert len(blob) < 0.95 * len(plain)
    if noise == 0.1:
        assert factor < 2


@pytest.mark.parametrize("factor", FACTORS)
def test_every_factor_decodes(vae: VAE, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = waves(0.3, 2, 5)
    monkeypatch.setattr(choose_code, "choose_widening", lambda code, *_: replace(code, widening=factor))
    assert np.array_equal(vae.decompress(vae.compress(rows)), rows)


def test_an_unknown_factor_is_refused() -> None:
    assert FACTORS[USUAL] == 1
    out = ByteWriter()
    out.varint(len(FACTORS))
    with pytest.raises(FileRefused, match="no version writes"):
        read_widening(ByteReader(bytes(out.data)))
