"""FactorVAE: the total correlation falls; the critic separates codes from shuffled codes."""

import pytest
import torch

from quintet.errors import InputError
from quintet.models.objectives.critic_tc import shuffled
from quintet.noise import Noise
from quintet.variants.factor import Factor
from tests.variants.codes import drawn, fitted, gaussian_total_correlation, plain


def test_the_total_correlation_of_the_aggregate_posterior_falls() -> None:
    fits = plain(), fitted(Factor(gamma=20.0))
    before, after = (gaussian_total_correlation(drawn(vae)) for vae in fits)
    assert after < before / 2
    rates = [vae.history_.stage("joint")[-1]["rate"] for vae in fits]
    assert rates[1] > rates[0] / 3
    assert "loss_critic" in fits[1].history_.rows[0]


def test_shuffling_keeps_the_marginals_and_cuts_the_ties() -> None:
    column = torch.randn(2000, 1, generator=torch.Generator().manual_seed(0))
    z = torch.cat([column, 2 * column, -column], 1)
    apart = shuffled(z, Noise(0))
    torch.testing.assert_close(apart.sort(0).values, z.sort(0).values, rtol=0, atol=0)
    assert (torch.corrcoef(apart.T) - torch.eye(3)).abs().max() < 0.1


def test_options_are_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match="gamma must be at least 0, got -1"):
        Factor(gamma=-1)
    with pytest.raises(InputError, match="width must be at least 1, got 0"):
        Factor(width=0)
