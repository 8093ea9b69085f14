"""The default sampler is chosen on held-out rows, stored and named; p(z) stays where nothing is clearly better."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from quintet import VAE, load
from quintet.data.dataset import Rows
from quintet.inference.latent_density import log_density
from quintet.inference.samplers.default_sampler import choose_sampler, farther
from quintet.inference.samplers.selection import sampler_for
from quintet.noise import Noise
from quintet.tasks.generate import generate
from tests.shared import hardly_measured


def clusters(n: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """Rows about five clear centres, and the centres."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(5, 3)) * 6
    return centres[rng.integers(0, 5, n)] + 0.3 * rng.normal(size=(n, 3)), centres


@pytest.fixture(scope="module")
def clustered() -> VAE:
    network = {"kind": "mlp", "hidden": (64, 64)}
    with hardly_measured():
        return VAE(latent_dim=2, epochs=80, network=network, random_state=0).fit(clusters()[0])


def near(rows: np.ndarray) -> float:
    return float((np.linalg.norm(rows[:, None] - clusters()[1], axis=2).min(1) < 1.5).mean())


def test_clusters_are_generated_where_they_lie(clustered: VAE, tmp_path: Path) -> None:
    chosen, prior = near(clustered.generate(2000)), near(clustered.generate(2000, sampler="prior"))
    print(f"near a centre: {chosen:.2f}, by the prior {prior:.2f}")
    assert chosen > prior + 0.2
    assert any(note.startswith("sampler='mixture'") and "nats" in note for note in clustered.notes_)
    clustered.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert np.array_equal(again.generate(20), clustered.generate(20))
    assert not np.array_equal(again.generate(20, sampler="prior"), clustered.generate(20))


def test_files_that_chose_nothing_draw_from_the_prior(clustered: VAE) -> None:
    fitted = clustered.fitted_
    kept = fitted.options.pop("sampler")
    try:
        assert sampler_for(fitted, None) == "prior"
        fitted.options["sampler"] = "no such thing"
        assert sampler_for(fitted, None) == "prior"
    finally:
        fitted.options["sampler"] = kept


def test_rows_that_the_prior_covers_keep_it() -> None:
    X = np.random.default_rng(1).normal(size=(600, 4)) @ np.random.default_rng(2).normal(size=(4, 4))
    vae = VAE(latent_dim=4, epochs=60, network={"kind": "mlp", "hidden": (32,)}, random_state=0).fit(X)
    print(vae.notes_[-1])
    gap = energy(vae.generate(600), X) - energy(vae.generate(600, sampler="prior"), X)
    assert gap < 0.02  # whichever was chosen


def test_few_held_out_rows_and_an_unlearnt_prior(clustered: VAE) -> None:
    few = Rows.of(clusters()[0][:5], clustered.fitted_.schema)
    assert choose_sampler(clustered.fitted_, few).sampler == "prior"
    auto = VAE("ae", latent_dim=2, epochs=2, random_state=0).fit(clusters(60)[0])
    assert sampler_for(auto.fitted_, None) == "mixture"


def test_the_density_is_of_draws_so_that_unused_latents_keep_their_spread(clustered: VAE) -> None:
    rows = Rows.of(clusters()[0], clustered.fitted_.schema)
    fitted = clustered.fitted_
    batch = rows.batch(torch.arange(len(rows)))
    with torch.no_grad():
        q = fitted.model.posterior(batch.x, batch.observed)
    z = q.sample(Noise(1))[0]
    assert float(log_density(fitted.artifacts.latent_density, z).mean()) > float(
        fitted.model.log_prior(z[None])[0].mean()
    )
    drawn = generate(fitted, 1000, sampler="mixture").z
    assert torch.allclose(drawn.std(0), z.std(0), rtol=0.15)


def test_the_energy_distance_tells_near_from_far_and_knows_its_error() -> None:
    a, b, real = (torch.randn(300, 3, generator=torch.Generator().manual_seed(s)).double() for s in range(3))
    same, error = farther(a, b, real)
    assert abs(same) < 3 * error
    shifted, error = farther(a + 1, b, real)
    assert shifted > 5 * error


def energy(a: np.ndarray, b: np.ndarray) -> float:
    a, b = (torch.from_numpy(t / np.std(b)).double() for t in (np.asarray(a), b))
    return float(2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean())
