"""The samplers that draw by the training rows' latents: they lie where rows lie, repeat, and say what they miss."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.artifacts.latents import LatentBank
from quintet.artifacts.table import Artifacts
from quintet.errors import InputError
from quintet.inference.samplers import bank_latents as fitting
from quintet.inference.samplers.bank_latents import kept_latents
from quintet.inference.samplers.selection import AFTER_TRAINING, SAMPLERS, sampler_for
from quintet.noise import Noise
from quintet.tasks.generate import generate
from tests.shared import Shared, hardly_measured, unguided


@pytest.fixture(scope="module")
def auto(shared: Shared) -> VAE:
    """A plain autoencoder, whose codes are nowhere near N(0, I)."""
    X = load_digits().images[:1500].astype(np.uint8)
    network = {"kind": "mlp", "hidden": (64,)}

    def fit() -> VAE:
        with hardly_measured(), unguided():
            return VAE("ae", latent_dim=4, epochs=15, network=network, random_state=0).fit(X)

    return shared("samplers-ae", fit)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short fit."""
    monkeypatch.setattr(fitting, "STEPS", 200)
    monkeypatch.setattr(fitting, "BATCH", 64)


def energy_distance(a: torch.Tensor, b: torch.Tensor) -> float:
    """2 E|a - b| - E|a - a'| - E|b - b'| (Székely and Rizzo, 2013): 0 where the two have one distribution."""
    return float(2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean())


@pytest.mark.parametrize("sampler", AFTER_TRAINING)
def test_samples_lie_nearer_to_held_out_codes_than_those_of_the_nominal_prior(
    auto: VAE, held_out: np.ndarray, sampler: str, quick: None
) -> None:
    fitted = copy.copy(auto.fitted_)
    fitted.cache = {}
    codes = torch.from_numpy(np.asarray(auto.transform(held_out), dtype=np.float32))
    z = generate(fitted, 400, sampler=sampler).z
    nominal = Noise(0).normal(400, 4)[0]
    assert energy_distance(z, codes) < 0.1 * energy_distance(nominal, codes)


@pytest.mark.parametrize("sampler", AFTER_TRAINING)
def test_a_row_depends_on_the_seed_and_its_place_and_a_fit_repeats(auto: VAE, sampler: str, quick: None) -> None:
    fitted, again = copy.copy(auto.fitted_), copy.copy(auto.fitted_)
    fitted.cache, again.cache = {}, {}
    state = torch.random.get_rng_state()
    few, many = generate(fitted, 5, sampler=sampler, batch_rows=4), generate(fitted, 20, sampler=sampler, batch_rows=16)
    assert torch.equal(state, torch.random.get_rng_state())
    assert few.z == pytest.approx(many.z[:5], abs=1e-5)
    assert torch.equal(generate(again, 20, sampler=sampler, batch_rows=16).z, many.z)
    assert not torch.allclose(generate(fitted, 5, sampler=sampler, seed=1).z, few.z)
    spread = generate(fitted, 200, sampler=sampler).z.var(0).sum()
    assert generate(fitted, 200, sampler=sampler, temperature=0.3).z.var(0).sum() < 1.05 * spread


def test_neighbours_lie_between_a_kept_row_and_one_of_its_nearest(auto: VAE) -> None:
    points = kept_latents(auto.fitted_, "neighbours")
    at_rest = generate(auto.fitted_, 50, sampler="neighbours", temperature=0.0).z
    assert torch.cdist(at_rest, points).min(1).values.max() < 1e-3
    moved = generate(auto.fitted_, 50, sampler="neighbours").z
    reach = (
        torch.cdist(at_rest, points, compute_mode="donot_use_mm_for_euclid_dist").topk(6, largest=False).values[:, 5]
    )
    assert ((moved - at_rest).norm(dim=1) < 1.5 * reach).all()


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("sampler", ["flow", "two_stage", "neighbours"])
def test_one_or_two_kept_rows_are_enough(auto: VAE, sampler: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "STEPS", 100)
    fitted = copy.copy(auto.fitted_)
    bank = LatentBank(auto.fitted_.artifacts.latent_bank.points[:count])
    fitted.cache, fitted.artifacts = {}, Artifacts(latent_bank=bank)
    assert torch.isfinite(generate(fitted, 3, sampler=sampler).z).all()


def test_a_model_that_keeps_no_latents_says_so_and_the_former_name_stands(auto: VAE) -> None:
    fitted = copy.copy(auto.fitted_)
    fitted.artifacts = Artifacts()
    for sampler in AFTER_TRAINING:
        with pytest.raises(InputError, match=f"sampler must be 'prior' .*got '{sampler}'"):
            generate(fitted, 3, sampler=sampler)
    assert sampler_for(auto.fitted_, "density") == "mixture"
    with pytest.raises(InputError, match="did you mean"):
        sampler_for(auto.fitted_, "neighbour")
    assert SAMPLERS == ("prior", "mixture", "flow", "two_stage", "neighbours")
