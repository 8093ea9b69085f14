"""Randomness is an argument: same seed, same draws; nothing global moves; rows keep their draws in any chunk."""

import torch
from scipy.stats import kstest

from quintet.noise import Noise, OwnNoise, RowNoise, row_keys


def test_same_seed_same_draws_and_other_seeds_differ() -> None:
    a, b = Noise((1, 2, 3)).normal(4, 5), Noise((1, 2, 3)).normal(4, 5)
    assert torch.equal(a, b)
    assert not torch.equal(a, Noise((1, 2, 4)).normal(4, 5))
    assert not torch.equal(Noise(1).normal(4, 5), Noise(2).normal(4, 5))


def test_the_global_state_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    Noise(0).normal(3, 3), Noise(0).uniform(3, 3), RowNoise(0, 5).normal(3, 3)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_shared_bank_is_the_same_for_every_row_and_batch_size() -> None:
    bank = Noise(7, draws=3, shared=True).normal(4, 2)
    assert bank.shape == (3, 4, 2)
    assert torch.equal(bank[:, :1].expand_as(bank), bank)
    assert torch.equal(Noise(7, draws=3, shared=True).normal(9, 2)[:, :4], bank)


def test_row_noise_follows_the_row_through_any_chunking() -> None:
    whole = RowNoise(3, 0, draws=2).uniform(100, 4)
    pieces = [RowNoise(3, start, draws=2).uniform(size, 4) for start, size in ((0, 7), (7, 60), (67, 33))]
    assert torch.equal(torch.cat(pieces, dim=1), whole)
    assert not torch.equal(whole[:, :32], whole[:, 32:64])
    second = RowNoise(3, 0, draws=2)
    second.uniform(100, 4)
    assert not torch.equal(second.uniform(100, 4), whole)


def test_a_rows_own_draws_are_chosen_by_its_seen_cells_alone() -> None:
    x = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    observed = torch.ones(5, 7, dtype=torch.bool)
    observed[2, 3] = False
    keys = row_keys(x, observed)
    whole = OwnNoise(3, keys, draws=4).normal(5, 2)
    order = torch.tensor([4, 2, 0])
    assert torch.equal(OwnNoise(3, row_keys(x[order], observed[order]), draws=4).normal(3, 2), whole[:, order])
    x[2, 3] = torch.nan  # not observed
    assert torch.equal(row_keys(x, observed), keys)
    x[0, 0] += 1e-6
    assert row_keys(x, observed)[0] != keys[0]
    assert row_keys(x, torch.ones_like(observed))[2] != keys[2]


def test_own_draws_are_normal_and_differ_between_rows_and_draws() -> None:
    x = torch.arange(400.0).reshape(400, 1)
    z = OwnNoise(1, row_keys(x, torch.ones_like(x, dtype=torch.bool)), draws=8).normal(400, 3)
    assert z.shape == (8, 400, 3)
    assert abs(float(z.mean())) < 0.05
    assert abs(float(z.std()) - 1) < 0.05
    assert len(torch.unique(z[:, 0, 0])) == 8
    assert len(torch.unique(z[0, :, 0])) > 300


def test_chances_are_uniform_and_follow_the_seed() -> None:
    noise, again = Noise(3), Noise(3)
    drawn = [noise.chance() for _ in range(2000)]
    assert drawn == [again.chance() for _ in range(2000)]
    assert kstest(drawn, "uniform").pvalue > 1e-3
