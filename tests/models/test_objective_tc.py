"""The aggregate posterior within a batch, against the mixture over all rows."""

from itertools import combinations

import pytest
import torch
from torch import Tensor

from quintet.distributions import Normal
from quintet.models.base import Layer, ModelOutput
from quintet.models.objectives.elbo import ELBO
from quintet.models.objectives.total_correlation import TotalCorrelation, aggregate
from quintet.models.recipe import StepContext
from quintet.noise import Noise

ROWS, LATENTS = 6, 2


def posterior() -> Normal:
    noise = Noise(1)
    return Normal(noise.normal(ROWS, LATENTS).double(), 0.3 + noise.uniform(ROWS, LATENTS).double())


def whole(q: Normal, z: Tensor) -> tuple[Tensor, Tensor]:
    """q(z) and Π_j q(z_j) of the mixture over all rows, (draws, rows)."""
    pairs = q.log_prob(z.unsqueeze(2)[0]).exp()  # (rows, rows, latents)
    return pairs.prod(-1).mean(1)[None], pairs.mean(1).prod(-1)[None]


def test_a_batch_of_all_rows_gives_the_mixture() -> None:
    q = posterior()
    z = q.sample(Noise(2))
    for found, exact in zip(aggregate(z, q, ROWS), whole(q, z), strict=True):
        torch.testing.assert_close(found.exp(), exact)


def test_the_stratified_estimate_is_unbiased_over_the_batches_that_hold_a_row() -> None:
    q = posterior()
    z = q.sample(Noise(2))
    found = []
    for others in combinations(range(1, ROWS), 2):
        rows = [0, *others]
        joint, _ = aggregate(z[:, rows], q.select((slice(None), rows)), ROWS)
        found.append(joint[0, 0].exp())
    assert torch.stack(found).mean() == pytest.approx(float(whole(q, z)[0][0, 0]))


def test_the_weighted_estimate_is_below_by_the_log_of_the_batch() -> None:
    q = posterior()
    z = q.sample(Noise(2))
    joint, _ = aggregate(z, q, ROWS, "weighted")
    torch.testing.assert_close(joint + torch.tensor(float(ROWS)).log(), whole(q, z)[0].log())


def test_draws_and_single_rows_are_taken() -> None:
    q = posterior()
    z = q.sample(Noise(2, draws=3))
    for draw, joint in zip(z, aggregate(z, q, 50)[0], strict=True):
        torch.testing.assert_close(aggregate(draw[None], q, 50)[0][0], joint)
    one = q.select((slice(None), [0]))
    assert all(t.isfinite().all() for t in aggregate(z[:, :1], one, 50))
    torch.testing.assert_close(aggregate(z[:, :1], one, 0)[0], one.log_prob(z[:, :1]).sum(-1))


@pytest.mark.parametrize("estimator", ["stratified", "weighted"])
def test_with_equal_weights_it_is_the_bound_and_the_parts_are_weighted_apart(estimator: str) -> None:
    q, x = posterior(), torch.zeros(ROWS, 1, dtype=torch.float64)
    z, prior = q.sample(Noise(2)), Normal(torch.zeros(1, 1, LATENTS), torch.ones(1, 1, LATENTS), standard=True)
    draw = ModelOutput((Layer(z, q, prior),), Normal(z[..., :1], torch.ones(1, dtype=torch.float64)))
    seen, context = torch.ones_like(x, dtype=torch.bool), StepContext(rows=40, rate_weight=0.5)
    bound = ELBO()(x, seen, draw, context)
    plain = TotalCorrelation(1.0, 1.0, 1.0, estimator)(x, seen, draw, context)
    torch.testing.assert_close(plain.loss, bound.loss)
    heavy = TotalCorrelation(3.0, 5.0, 1.0, estimator)(x, seen, draw, context)
    parts = heavy.penalties
    joint, product = aggregate(z, q, 40, estimator)
    torch.testing.assert_close(parts["total_correlation"], (joint - product)[0])
    torch.testing.assert_close(parts["mutual_information"], (q.log_prob(z).sum(-1) - joint)[0])
    expected = bound.loss + 0.5 * (4 * parts["total_correlation"] + 2 * parts["mutual_information"])
    torch.testing.assert_close(heavy.loss, expected)
