"""A learnt mixture as prior: it closes the gap to the aggregated posterior."""

import pytest
import torch

from quintet.errors import InputError
from quintet.noise import Noise
from quintet.variants.mixture import Mixture
from quintet.variants.vae import Vae
from tests.variants.prior_gap import gap, trained


def test_the_gap_to_the_aggregated_posterior_shrinks() -> None:
    assert gap(Mixture()) < 0.7 * gap(Vae())


def test_draws_come_from_the_density_that_is_charged() -> None:
    model = trained(Mixture()).fitted_.model
    z = model.sample_prior(4000, Noise(0))
    prior = model.prior(z)
    assert torch.allclose(z[0].mean(0), prior.mean[0, 0], atol=0.1)
    assert torch.allclose(z[0].var(0), prior.variance[0, 0], rtol=0.1)
    shifted = model.log_prior(z + 1.0).mean()
    assert model.log_prior(z).mean() > shifted + 0.1


@pytest.mark.parametrize("modes", [0, 2.5, True])
def test_a_number_of_modes_that_is_none_is_refused(modes: object) -> None:
    with pytest.raises(InputError, match=f"modes must be (a whole number|at least 1).*got {modes}"):
        Mixture(modes=modes)  # type: ignore[arg-type]
