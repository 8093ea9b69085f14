"""Randomness is an argument: same seed, same draws; nothing global moves; rows keep their draws in any chunk."""

from collections.abc import Callable

import pytest
import torch
from scipy.stats import kstest

from quintet.errors import InputError
from quintet.noise import Noise, OwnNoise, RowNoise, row_keys
from tests.fake_gpu import CPU, GPU, fake_gpu


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


SOURCES: list[Callable[..., Noise]] = [
    lambda **where: Noise((1, 2), 2, **where),
    lambda **where: Noise((1, 2), 2, True, **where),
    lambda **where: RowNoise((1, 2), 40, 2, **where),
]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("backend", ["cpu", "device"])
def test_numbers_are_drawn_where_the_backend_says(source: Callable[..., Noise], backend: str) -> None:
    """The stand-in's generators give the processor's numbers."""
    expected = source(), source().uniform(50, 3)
    with fake_gpu() as gpu:
        noise = source(device=GPU, backend=backend)
        drawn = noise.normal(50, 3), noise.uniform(50, 3)
        assert {t.device for t in drawn} == {GPU}
        assert set(gpu.drawn) == {GPU if backend == "device" else CPU}
        assert bool(gpu.copied) == (backend == "cpu")
        assert not gpu.waits
        again = source(device=GPU, backend=backend)
        assert torch.equal(drawn[0].cpu(), again.normal(50, 3).cpu())
        assert torch.equal(drawn[0].cpu(), expected[0].normal(50, 3))
        assert torch.equal(source(device=GPU, backend=backend).uniform(50, 3).cpu(), expected[1])


def test_a_chance_is_drawn_on_the_processor_and_waits_for_no_device() -> None:
    with fake_gpu() as gpu:
        noise = Noise(3, device=GPU, backend="device")
        noise.normal(4, 2)
        found = [noise.chance() for _ in range(3)]
        assert not gpu.waits
        assert gpu.drawn == [GPU] + [CPU] * 3
        again = Noise(3, device=GPU, backend="device")
        assert found == [again.chance() for _ in range(3)]


@pytest.mark.parametrize("source", SOURCES)
def test_on_the_processor_both_backends_have_the_same_draws(source: Callable[..., Noise]) -> None:
    one, other = source(), source(backend="device")
    for noise_of_both in (lambda n: n.normal(9, 2), lambda n: n.uniform(9), lambda n: torch.tensor(n.chance())):
        assert torch.equal(noise_of_both(one), noise_of_both(other))


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(InputError, match="backend must be 'cpu' or 'device', got 'gpu'"):
        Noise(0, backend="gpu")


def own_noise() -> OwnNoise:
    rows = torch.arange(6.0).reshape(3, 2)
    return OwnNoise(3, row_keys(rows, torch.ones(3, 2, dtype=torch.bool)), 2)


@pytest.mark.parametrize(
    ("source", "batch", "normal", "uniform", "chance"),
    [
        (lambda: Noise((1, 2), 2), 50, [0.170436, -1.994484], [0.481936, 0.606128], 0.010031),
        (lambda: Noise((1, 2, 3), 2, True), 50, [-0.089164, 1.477313], [0.756581, 0.91794], 0.814568),
        (lambda: RowNoise((1, 2), 40, 2), 50, [0.761396, -1.405066], [0.502079, 0.284847], 0.602582),
        (lambda: RowNoise((1, 2), 40), 50, [-0.114741, -1.155757], [0.683905, 0.240431], 0.602582),
        (own_noise, 3, [-0.999145, -1.26526], [0.36465, 0.769797], 0.184591),
    ],
)
def test_the_draws_are_those_that_stored_models_were_measured_with(
    source: Callable[[], Noise], batch: int, normal: list[float], uniform: list[float], chance: float
) -> None:
    noise = source()
    assert noise.normal(batch, 2)[-1, batch // 2].tolist() == pytest.approx(normal, abs=1e-4)
    assert noise.uniform(batch, 2)[-1, batch // 2].tolist() == pytest.approx(uniform, abs=1e-4)
    assert noise.chance() == pytest.approx(chance, abs=1e-5)
