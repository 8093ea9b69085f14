"""Noise of rows of columns against Bayes' rule over every code of a cell."""

import pytest
import torch

from quintet.distributions import Normal
from quintet.distributions.joint import Joint, Part, point_estimate
from quintet.distributions.levels import IMPOSSIBLE, Levels
from quintet.distributions.noise_models.base import CellValues
from quintet.distributions.noise_models.choose import NONE, noise_model
from quintet.distributions.noise_models.columns import ColumnNoise
from quintet.noise import Noise

CODES = torch.tensor([0, 3, 2, 0])
NUMBERS, LEVELS = torch.tensor([0, 3]), torch.tensor([1, 2])
RATE = 0.3


def clean(draws: int = 2, batch: int = 5) -> Joint:
    """p(x|z) of two numbers and two levels, one of three codes and one of two; all codes can be drawn."""
    g = torch.Generator().manual_seed(1)
    logits = torch.randn(draws, batch, 2, 3, generator=g)
    logits[:, :, 1, 2] = IMPOSSIBLE
    loc = torch.randn(draws, batch, 2, generator=g)
    numbers = Normal(loc, torch.full_like(loc, 0.5))
    drawn = torch.tensor([[True, True, True], [True, True, False]])
    return Joint((Part(NUMBERS, numbers), Part(LEVELS, Levels(logits, drawn))))


def rows(batch: int = 5) -> torch.Tensor:
    g = torch.Generator().manual_seed(2)
    x = torch.randn(batch, 4, generator=g)
    x[:, LEVELS] = torch.stack(
        [torch.randint(3, (batch,), generator=g), torch.randint(2, (batch,), generator=g)], 1
    ).float()
    return x


def noise(kind: str) -> ColumnNoise:
    ends = torch.full((4,), -3.0), torch.full((4,), 3.0)
    values = CellValues(-3.0, 3.0, 1 / 256, whole=False, bounded=False, fill=torch.zeros(4), ends=ends)
    return ColumnNoise(noise_model(kind, values), CODES)


def shares(likelihood: Joint) -> torch.Tensor:
    """P(code | z) of the level cells, (draws, batch, 2, 3)."""
    levels = likelihood.parts[1].distribution
    assert isinstance(levels, Levels)
    return levels.shares


@pytest.mark.parametrize("kind", ["replacement", "normal", NONE])
def test_the_masses_of_the_codes_of_a_noisy_cell_add_up_to_one(kind: str) -> None:
    x, total = rows(), 0.0
    for cell, codes in ((1, 3), (2, 2)):
        for code in range(codes):
            x[:, cell] = code
            total = total + noise(kind).log_prob(x, clean(), RATE)[..., cell].exp()
        assert total == pytest.approx(1.0, abs=1e-5)
        total = 0.0


def test_the_clean_code_has_the_probability_of_bayes_rule() -> None:
    x, likelihood = rows(), clean()
    found = noise("replacement").restored(x, likelihood, RATE, torch.ones_like(x, dtype=torch.bool)).parts[1]
    prior, one = shares(likelihood), torch.nn.functional.one_hot(x[:, LEVELS].long(), 3).float()
    joint = prior * ((1 - RATE) * one + RATE / CODES[LEVELS].float()[:, None])
    assert isinstance(found.distribution, Levels)
    assert found.distribution.shares.numpy() == pytest.approx((joint / joint.sum(-1, keepdim=True)).numpy(), abs=1e-5)


def test_missing_cells_have_the_probabilities_of_the_model() -> None:
    x, likelihood = rows(), clean()
    found = noise("replacement").restored(x, likelihood, RATE, torch.zeros_like(x, dtype=torch.bool))
    assert shares(found).numpy() == pytest.approx(shares(likelihood).numpy(), abs=1e-5)
    assert torch.equal(found.parts[0].distribution.mean, likelihood.parts[0].distribution.mean)


def test_draws_vote_and_codes_are_never_averaged() -> None:
    """Two draws of z, sure of the codes 0 and 2: the answer is one of them, never the code 1 between them."""
    logits = torch.full((2, 1, 1, 3), -20.0)
    logits[0, 0, 0, 0] = logits[1, 0, 0, 2] = 20.0
    both = Levels(logits, torch.ones(1, 3, dtype=torch.bool))
    model = ColumnNoise(noise_model("replacement", CellValues()), torch.tensor([3]))
    likelihood, x = Joint((Part(torch.tensor([0]), both),)), torch.tensor([[1.0]])
    pairs = [
        (model.restored(x, likelihood.select(slice(k, k + 1)), 0.5, torch.ones(1, 1) > 0), torch.tensor([weight]))
        for k, weight in enumerate((0.4, 0.6))
    ]
    assert point_estimate(pairs).item() == 2.0


def test_normal_noise_leaves_levels_as_they_are() -> None:
    x, likelihood, model = rows(), clean(), noise("normal")
    assert torch.equal(model.corrupt(x, 0.5, Noise(3))[:, LEVELS], x[:, LEVELS])
    assert (model.corrupt(x, 0.5, Noise(3))[:, NUMBERS] != x[:, NUMBERS]).all()
    assert torch.equal(model.clean_mean(x, likelihood, 0.5)[..., LEVELS], x[:, LEVELS].expand(2, -1, -1))
    assert torch.equal(model.untouched(x, likelihood, 0.5)[..., LEVELS], torch.ones(1, 5, 2))
    other = x.clone()
    other[:, LEVELS] = 0.0
    rate, seen = torch.full((5,), 0.3), torch.ones_like(x, dtype=torch.bool)
    assert torch.equal(
        model.improved(x, clean(1), rate, seen), model.improved(other, clean(1), rate, seen)
    )  # the rate is that of the numbers


def test_replaced_levels_are_codes_of_their_column_at_the_rate() -> None:
    x = rows(4000)
    noisy = noise("replacement").corrupt(x, RATE, Noise(4))
    for cell, codes in ((1, 3), (2, 2)):
        assert set(noisy[:, cell].tolist()) == set(range(codes))
        changed = (noisy[:, cell] != x[:, cell]).float().mean()
        assert float(changed) == pytest.approx(RATE * (codes - 1) / codes, abs=0.03)


def test_the_rate_is_found_from_numbers_and_levels() -> None:
    """EM over many rows that agree with p(x|z) but for replaced cells."""
    likelihood = clean(1, 400)
    x = likelihood.sample(Noise(5))[0]
    for truth in (0.1, 0.5):
        noisy, rate = noise("replacement").corrupt(x, truth, Noise(6)), torch.full((400,), 0.2)
        whole = Joint(tuple(Part(p.cells, p.distribution.select((slice(None), slice(None)))) for p in likelihood.parts))
        for _ in range(30):  # one rate for all rows: the mean of theirs
            rate = noise("replacement").improved(noisy, whole, rate, torch.ones_like(x) > 0).mean().expand(400)
        assert float(rate[0]) == pytest.approx(truth, abs=0.07)
