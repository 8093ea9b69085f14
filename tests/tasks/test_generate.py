"""New rows: what they depend on, and that they look like the data."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.errors import InputError, QuintetWarning
from quintet.estimators._input.user_rows import rows_of
from quintet.inference.latent_density import fit_latent_density, log_density
from quintet.tasks.generate import generate


def test_a_row_depends_on_its_place_and_the_seed_alone(trained: VAE) -> None:
    few, many = generate(trained.fitted_, 7, batch_rows=4), generate(trained.fitted_, 20, batch_rows=16)
    assert few.x == pytest.approx(many.x[:7])
    assert few.z == pytest.approx(many.z[:7])
    assert not torch.equal(few.x, generate(trained.fitted_, 7, seed=1).x)
    assert not torch.equal(many.x[0], many.x[1])


def test_draws_are_legal_and_means_are_smooth(trained: VAE) -> None:
    drawn, mean = generate(trained.fitted_, 64), generate(trained.fitted_, 64, expected=True)
    assert torch.equal(drawn.x, drawn.x.round())
    assert drawn.x.min() >= 0
    assert drawn.x.max() <= 16
    assert not torch.equal(mean.x, mean.x.round())
    assert torch.equal(drawn.z, mean.z)


def test_samples_have_the_datas_means(trained: VAE, held_out: np.ndarray) -> None:
    x = generate(trained.fitted_, 1000, seed=3).x[:, 0]
    assert (x.mean(0) - torch.from_numpy(held_out).float().mean(0)).abs().mean() < 1.0  # of 16 levels


def test_temperature_and_given_latents(trained: VAE) -> None:
    fitted, width = trained.fitted_, trained.latent_dim_
    cold = generate(fitted, 200, temperature=0.1, sampler="prior").z
    assert cold.std() == pytest.approx(0.1, abs=0.01)
    assert (generate(fitted, 5, temperature=0.0, sampler="prior").z == 0).all()
    place = generate(fitted, 300, mean=torch.full((width,), 2.0), spread=0.5).z
    assert place.mean() == pytest.approx(2.0, abs=0.05)
    assert place.std() == pytest.approx(0.5, abs=0.03)
    each = torch.arange(5.0)[:, None].expand(5, width)
    assert torch.equal(generate(fitted, 5, mean=each, spread=0.0, batch_rows=2).z, each)


def test_an_autoencoder_warns_or_takes_the_density(held_out: np.ndarray) -> None:
    auto = VAE(variant="ae", latent_dim=2, epochs=1, random_state=0).fit(held_out)
    fitted = auto.fitted_
    with pytest.warns(QuintetWarning, match="has no learnt prior"):
        generate(fitted, 3, sampler="prior")
    density = fit_latent_density(fitted, rows_of(auto, held_out, auto.schema_)[0])
    fitted.artifacts = replace(fitted.artifacts, latent_density=density)
    z = generate(fitted, 2000).z
    truth = torch.from_numpy(np.asarray(auto.transform(held_out), dtype=np.float32))
    assert z.mean(0) == pytest.approx(truth.mean(0), abs=0.3 * float(truth.std()))
    assert log_density(density, truth).mean() > log_density(density, truth + 5 * truth.std(0)).mean()


def test_what_makes_no_sense_is_refused(trained: VAE) -> None:
    fitted = trained.fitted_
    for wrong in ({"temperature": -1.0}, {"sampler": "priest"}, {"mean": torch.zeros(3, 4, 5)}):
        with pytest.raises(InputError):
            generate(fitted, 4, **wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="n must be an integer of at least 1, got 0"):
        generate(fitted, 0)
