"""Told in order: the terms multiply to the whole, and no term reads its own block or a later one."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from quintet.distributions import Distribution, Normal
from quintet.distributions.base import Factorised
from quintet.distributions.elementwise_mixture import ElementwiseMixture
from quintet.distributions.mixture import NormalMixture
from quintet.distributions.one_hot import OneHot
from quintet.models.discrete.code_prior import CodePrior
from quintet.models.discrete.symbols import Scalar
from quintet.models.hierarchical.ladder import Ancestral
from quintet.models.hierarchical.top_down import LayerPosterior, TopDown
from quintet.models.priors.mixture import MixturePrior
from quintet.networks.causal_sequence import CausalMlp
from quintet.noise import Noise

GENERATOR = torch.Generator().manual_seed(0)
Z = 2 * torch.randn(1, 7, 4, generator=GENERATOR, dtype=torch.float64)


def mixture() -> NormalMixture:
    loc = 2 * torch.randn(3, 4, generator=GENERATOR, dtype=torch.float64)
    return NormalMixture(torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64).log(), loc, 0.3 + loc.abs() / 4)


def ancestral(prior: TopDown) -> Ancestral:
    torch.manual_seed(0)
    features = torch.randn(1, 7, 5, dtype=torch.float64)
    return Ancestral(prior, LayerPosterior(5, (1, 3)).double(), features)


def layered() -> tuple[TopDown, Ancestral]:
    torch.manual_seed(1)
    prior = TopDown((1, 3)).double()
    return prior, ancestral(prior)


def mixed_top() -> TopDown:
    torch.manual_seed(2)
    return TopDown((2, 2), MixturePrior(2, 3)).double()


def code_prior() -> CodePrior:
    torch.manual_seed(0)
    prior = CodePrior(Scalar(4, 5), CausalMlp(4, 5).eval())
    torch.nn.init.normal_(prior.network.out.weight)  # type: ignore[union-attr, arg-type]
    return prior.requires_grad_(False)


def known() -> list[tuple[str, Factorised | None, Tensor, Tensor]]:
    """(name, factorisation, vectors, their log density by other means)."""
    normal, prior, (top_down, q) = Normal(torch.ones_like(Z[:, :1]), Z[:, :1].abs() + 1), code_prior(), layered()
    symbols = torch.randint(0, 5, (1, 7, 4), generator=GENERATOR)
    one_hot = OneHot(torch.randn(1, 7, 4, 5, generator=GENERATOR))
    code = torch.nn.functional.one_hot(symbols, 5).flatten(-2)
    mixed = mixture()
    return [
        ("normal", normal.ordered, Z, normal.log_prob(Z).sum(-1)),
        ("mixture", mixed.ordered, Z, mixed.log_density(Z)),
        ("layers", top_down.ordered(Z), Z, top_down.log_density(Z)),
        ("layers under a mixture", mixed_top().ordered(Z), Z, mixed_top()(Z).log_prob(Z).sum(-1)),
        ("ancestral", q.ordered, Z, q.log_prob(Z).sum(-1)),
        ("codes", prior.ordered(Z), symbols, prior.log_mass(symbols[0]).sum(-1)[None]),
        ("one-hots", one_hot.ordered, symbols, one_hot.log_prob(code).sum(-1)),
    ]


CASES = known()


@pytest.mark.parametrize(("ordered", "vectors", "whole"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_terms_multiply_to_the_whole_and_read_only_what_came_before(
    ordered: Factorised | None, vectors: Tensor, whole: Tensor
) -> None:
    assert ordered is not None
    assert sum(ordered.sizes) == vectors.shape[-1]
    with torch.no_grad():
        each = ordered.conditionals(vectors).log_prob(vectors)
        assert each.shape == vectors.shape
        torch.testing.assert_close(each.sum(-1).double(), whole.double(), rtol=1e-5, atol=1e-5)
        start = 0
        for size in ordered.sizes:
            other = vectors.clone()
            other[..., start:] = vectors.roll(1, 1)[..., start:]
            block = slice(start, start + size)
            again = ordered.conditionals(other).log_prob(vectors)
            assert torch.equal(again[..., block], each[..., block])
            start += size


def test_what_cannot_be_factorised_says_so() -> None:
    class Other(Normal):
        ordered = Distribution.ordered  # type: ignore[assignment]

    assert Other(Z, Z.exp()).ordered is None


def test_a_mixture_of_each_element_agrees_with_the_textbook() -> None:
    share, loc = (
        torch.tensor(pair, dtype=torch.float64).view(2, 1, 1, 1).expand(2, 1, 7, 4)
        for pair in ([math.log(0.3), math.log(0.7)], [-1.0, 2.0])
    )
    mixed = ElementwiseMixture(share, loc, torch.ones_like(loc) / 2)
    line = torch.linspace(-6, 8, 4001, dtype=torch.float64).view(-1, 1, 1)
    density = mixed.log_prob(line)[:, 0, 0].exp()
    step = 14 / 4000
    assert float(density.sum() * step) == pytest.approx(1, abs=1e-6)
    torch.testing.assert_close(density.cumsum(0) * step, mixed.cdf(line + step / 2)[:, 0, 0], atol=1e-5, rtol=0)
    draws = mixed.sample(Noise(0, draws=5000))
    assert draws.shape == (5000, 7, 4)
    torch.testing.assert_close(draws.mean((0, 1)), mixed.mean[0, 0], atol=0.05, rtol=0)
    torch.testing.assert_close(draws.var((0, 1)), mixed.variance[0, 0], atol=0.08, rtol=0)
    assert float(mixed.mean[0, 0, 0]) == pytest.approx(-0.3 + 1.4)
    assert float(mixed.variance[0, 0, 0]) == pytest.approx(0.25 + 0.3 + 2.8 - 1.1**2)
    index = tuple(torch.tensor(i) for i in ([0, 0], [1, 2], [3, 0]))
    assert torch.equal(mixed.select(index).cdf(Z[index]), mixed.cdf(Z)[index])
    assert math.isclose(float(mixed.cdf(torch.tensor(0.5, dtype=torch.float64))[0, 0, 0]), 0.3, abs_tol=0.01)
