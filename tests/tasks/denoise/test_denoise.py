"""Denoising: better than the noise, kind and rate found, what was not touched stays."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.errors import InputError
from quintet.noise import Noise
from quintet.tasks.denoise.denoise import denoise, noise_for


def noisy(trained: VAE, clean: np.ndarray, kind: str, rate: float) -> tuple[Rows, torch.Tensor]:
    x = Rows.of(clean, trained.fitted_.schema).batch(slice(None)).x
    return Rows(noise_for(trained.fitted_, kind).corrupt(x, rate, Noise(7)).to(torch.uint8)), x


def error(found: torch.Tensor, truth: torch.Tensor) -> float:
    return float((found.float() - truth).square().mean())


@pytest.mark.parametrize(
    ("kind", "rate", "gain"), [("replacement", 0.2, 0.4), ("salt_pepper", 0.2, 0.4), ("normal", 0.25, 0.8)]
)
def test_kind_and_rate_are_found_and_the_error_shrinks(
    trained: VAE, held_out: np.ndarray, kind: str, rate: float, gain: float
) -> None:
    rows, truth = noisy(trained, held_out[:64], kind, rate)
    found = denoise(trained.fitted_, rows, batch_rows=64)
    assert found.kind == kind
    assert set(found.evidence) == {"none", "replacement", "salt_pepper", "masking", "normal"}
    assert float(found.rates.mean()) == pytest.approx(rate, abs=0.08)
    assert error(found.x, truth) < gain * error(rows.values, truth)


def test_clean_rows_stay_as_they_are(trained: VAE, held_out: np.ndarray) -> None:
    rows, truth = noisy(trained, held_out[:64], "replacement", 0.0)
    found = denoise(trained.fitted_, rows, noise="replacement", rate=1e-4)
    assert error(found.x, truth) < 0.1
    blind = denoise(trained.fitted_, rows)
    assert error(blind.x, truth) < 1.0
    assert blind.rates.mean() < 0.05


def test_neighbours_help(trained: VAE, held_out: np.ndarray) -> None:
    fitted = trained.fitted_
    assert fitted.artifacts.copula is not None
    rows, truth = noisy(trained, held_out, "replacement", 0.2)
    with_ = error(denoise(fitted, rows, noise="replacement").x, truth)
    alone = replace(fitted, artifacts=replace(fitted.artifacts, copula=None))
    without = error(denoise(alone, rows, noise="replacement").x, truth)
    assert with_ < without


def test_a_rows_answer_does_not_depend_on_its_neighbours(trained: VAE, held_out: np.ndarray) -> None:
    rows, _ = noisy(trained, held_out[:20], "replacement", 0.2)
    whole = denoise(trained.fitted_, rows, noise="replacement", batch_rows=16).x
    alone = denoise(trained.fitted_, rows.take(slice(17, 18)), noise="replacement", batch_rows=16).x
    assert torch.equal(whole[17:18], alone)


def test_missing_cells_are_filled_and_not_read(trained: VAE, held_out: np.ndarray) -> None:
    rows, _ = noisy(trained, held_out[:10], "replacement", 0.1)
    there = torch.ones(rows.values.shape, dtype=torch.bool)
    there[:, :, 2:4] = False
    answers = [
        denoise(trained.fitted_, Rows(rows.values.masked_fill(~there, fill), there), noise="replacement").x
        for fill in (0, 16)
    ]
    assert torch.equal(*answers)


@pytest.mark.parametrize(
    "wrong", [{"noise": "unifrom"}, {"rate": 0.1}, {"noise": "masking", "rate": 1.5}, {"effort": "x"}]
)
def test_what_makes_no_sense_is_refused(trained: VAE, held_out: np.ndarray, wrong: dict) -> None:  # type: ignore[type-arg]
    with pytest.raises(InputError):
        denoise(trained.fitted_, Rows.of(held_out[:3], trained.fitted_.schema), **wrong)
