"""The linear model of a table's numbers, fitted to rows with missing cells."""

from __future__ import annotations

import pytest
import torch
from sklearn.decomposition import FactorAnalysis
from torch import Tensor
from torch.distributions import MultivariateNormal

from quintet.networks.factor_fit import FactorFit, fit_factors
from quintet.networks.linear_factors import LinearFactors


def rows(n: int = 400) -> Tensor:
    """Rows of six columns that two factors explain, standardised."""
    draw = torch.Generator().manual_seed(3)
    factors, loading = torch.randn(n, 2, generator=draw), torch.randn(2, 6, generator=draw)
    y = (factors @ loading + 0.6 * torch.randn(n, 6, generator=draw)).double()
    return (y - y.mean(0)) / y.std(0)


def covariance(found: FactorFit) -> Tensor:
    """Of the columns."""
    return found.loading @ found.loading.T + torch.diag(found.noise)


def likelihood(y: Tensor, found: Tensor) -> float:
    """Mean log density of complete rows in nats."""
    return float(MultivariateNormal(torch.zeros(len(found), dtype=torch.float64), found).log_prob(y).mean())


def test_complete_rows_have_the_likelihood_that_scikit_learn_finds() -> None:
    y = rows()
    best = torch.from_numpy(FactorAnalysis(2, svd_method="lapack", tol=1e-6).fit(y.numpy()).get_covariance())
    assert likelihood(y, covariance(fit_factors(y, torch.ones_like(y), 2))) == pytest.approx(
        likelihood(y, best), abs=2e-3
    )


def test_missing_cells_are_not_read_and_cost_little() -> None:
    y, seen = rows(), (torch.rand(400, 6, generator=torch.Generator().manual_seed(4)) > 0.3).double()
    found = fit_factors(y, seen, 2)
    assert likelihood(y, covariance(found)) > likelihood(y, covariance(fit_factors(y, torch.ones_like(y), 2))) - 0.05
    other = fit_factors(torch.where(seen > 0, y, torch.nan), seen, 2)
    assert torch.equal(found.loading, other.loading)


def test_weights_are_numbers_of_equal_rows() -> None:
    y, seen = rows(60), torch.ones(60, 6, dtype=torch.float64)
    times = torch.arange(60) % 3
    weighed, repeated = fit_factors(y, seen, 2, times), fit_factors(y.repeat_interleave(times, 0), seen[:60], 2)
    torch.testing.assert_close(covariance(weighed), covariance(repeated))


def test_the_model_keeps_what_was_fitted() -> None:
    y = rows().float()
    model = LinearFactors(6)
    model.fit(y, torch.ones(400, 6, dtype=torch.bool))
    found = fit_factors(y.double(), torch.ones(400, 6, dtype=torch.float64), model.size)
    loading, noise = model._columns(slice(None))
    torch.testing.assert_close(loading @ loading.T + torch.diag(noise), covariance(found).float(), rtol=0.02, atol=0.02)
