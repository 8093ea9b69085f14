"""Randomness is an argument: same seed, same draws; nothing global moves; rows keep their draws in any chunk."""

import torch

from quintet.noise import Noise, RowNoise


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
