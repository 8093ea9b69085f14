"""Denoised tables: believed cells come back bit for bit, and cells swapped between rows are found and repaired."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from quintet import VAE
from tests.shared import Shared
from tests.tasks.correct.test_corrections import fit_people, people


@pytest.fixture(scope="module")
def vae(shared: Shared) -> VAE:
    return shared("corrections-people", fit_people)


def swapped(rows: pd.DataFrame, share: float) -> pd.DataFrame:
    """Some cells have the value of another row."""
    rng = np.random.default_rng(2)
    hit = rng.random(rows.shape) < share
    other = rows.iloc[rng.permutation(len(rows))].reset_index(drop=True)
    return rows.where(~hit, other)


def test_believed_numbers_come_back_bit_for_bit(vae: VAE) -> None:
    """Also those between the steps of their column; every other cell has the decimals of training."""
    rows = people(60, 4)
    rows["kilo"] += 0.012345678901
    clean = vae.denoise(rows, "replacement")
    same = clean.kilo == rows.kilo
    assert same.mean() > 0.9
    assert (clean.kilo[~same].round(1) == clean.kilo[~same]).all()


def test_swapped_cells_are_repaired(vae: VAE) -> None:
    """Of enough rows: a number that was swapped for a similar one cannot be found, and few rows have few others."""
    rows = people(480, 5)
    noisy = swapped(rows, 0.15)
    clean = vae.denoise(noisy, "replacement")
    numbers = ["kilo", "age"]
    before, after = ((table[numbers] - rows[numbers]).pow(2).mean() for table in (noisy, clean))
    assert (after / before).mean() < 0.5
    assert (after < 0.75 * before).all()
    for name in ("town", "trade"):
        assert (clean[name] != rows[name]).sum() < 0.5 * (noisy[name] != rows[name]).sum()
