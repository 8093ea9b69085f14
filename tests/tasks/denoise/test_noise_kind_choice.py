"""Verdicts: no noise, the kind that explains most, or unknown; from gains alone."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from quintet.tasks.denoise.noise_kind_choice import CleanRowGains, choose_noise_kind

KINDS = ("replacement", "masking", "normal")
USUAL = torch.tensor([0.0, 50.0, -400.0])


def gains(rows: int, seed: int, *, spread: float = 3.0) -> torch.Tensor:
    noise = torch.randn(rows, len(KINDS), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return USUAL.double() + spread * noise


def usual(clean: torch.Tensor) -> CleanRowGains:
    return CleanRowGains.of(clean)


@given(rows=st.integers(1, 64), seed=st.integers(0, 10**6))
def test_gains_like_those_of_clean_rows_are_hardly_ever_noise(rows: int, seed: int) -> None:
    called = sum(
        choose_noise_kind(KINDS, gains(rows, 100 * seed + k), usual(gains(40, k))).kind != "none" for k in range(10)
    )
    assert called <= 3


@pytest.mark.parametrize("rows", [1, 5, 64])
@pytest.mark.parametrize(
    ("more", "kind"),
    [((200, 100, 350), "replacement"), ((100, 200, 0), "masking"), ((60, 0, 700), "normal")],
)
def test_the_kind_that_explains_most_is_found(rows: int, more: tuple[float, ...], kind: str) -> None:
    choice = choose_noise_kind(KINDS, gains(rows, 1) + torch.tensor(more), usual(gains(30, 2)))
    assert choice.kind == kind
    assert max(choice.evidence, key=lambda name: choice.evidence[name]) == kind


def test_that_a_kind_explains_clean_rows_badly_does_not_speak_for_it() -> None:
    found = gains(40, 1) + torch.tensor([300.0, 0.0, 500.0])
    assert choose_noise_kind(KINDS, found, usual(gains(30, 2))).kind == "replacement"


def test_two_sorts_that_explain_as_much_are_unknown() -> None:
    found = gains(40, 1) + torch.tensor([200.0, 0.0, 600.0])
    assert choose_noise_kind(KINDS, found, usual(gains(30, 2))).kind == "unknown"


def test_one_wild_row_is_not_noise_and_some_noisy_rows_are() -> None:
    clean = usual(gains(40, 2))
    found = gains(60, 1)
    found[0] += 1e6
    assert choose_noise_kind(KINDS, found, clean).kind == "none"
    found[:12, 0] += 200
    choice = choose_noise_kind(KINDS, found, clean)
    assert choice.kind == "replacement"
    assert (found[:12, 0] > choice.least).all()
    assert (found[12:, 0] > choice.least).double().mean() < 0.3


@pytest.mark.parametrize("rows", [1, 3, 7])
def test_few_clean_rows_of_heavy_tails_are_hardly_ever_noise(rows: int) -> None:
    def heavy(count: int, seed: int) -> torch.Tensor:
        noise = torch.randn(count, len(KINDS), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        return (1.5 * noise).exp()

    called = [choose_noise_kind(KINDS, heavy(rows, 10_000 + k), usual(heavy(48, k))).kind != "none" for k in range(400)]
    assert sum(called) <= 10
    assert (
        choose_noise_kind(KINDS, heavy(rows, 1) + torch.tensor([900.0, 0, 0]), usual(heavy(48, 2))).kind
        == "replacement"
    )


def test_where_all_rows_are_noisy_none_is_left_for_its_own_gain() -> None:
    found = gains(60, 1)
    found[:, 0] += 12.0
    assert choose_noise_kind(KINDS, found, usual(gains(40, 2))).least == -math.inf


def test_without_a_trial_many_nats_are_needed() -> None:
    nothing = CleanRowGains.of(torch.zeros(0, 3))
    assert choose_noise_kind(KINDS, torch.full((20, 3), 1.0).double(), nothing).kind == "none"
    assert (
        choose_noise_kind(KINDS, torch.tensor([[40.0, 1.0, 3.0]]).double().expand(20, 3), nothing).kind == "replacement"
    )
