"""A context decoder of another layout is one file: chain and questions take one of pixels in a grid as it is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor, nn

from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.distributions import Bernoulli, Distribution
from quintet.distributions.chain import Chain, Group, Known
from quintet.distributions.noise_models.replacement import Replacing
from quintet.estimators import building
from quintet.inference import chain as orders
from quintet.inference.likelihood import log_prob
from quintet.models.context.decoder import ContextDecoder
from quintet.models.context.model import ContextModel
from quintet.models.context.stage import context_stage
from quintet.models.fitted import Fitted
from quintet.models.recipe import StepContext
from quintet.networks import Marginals, Mlp
from quintet.noise import Noise
from quintet.tasks.compress.lossless import from_payload, to_payload
from quintet.tasks.denoise.by_context import denoise_by_context
from quintet.tasks.detect.elbo_terms import elbo_terms
from quintet.tasks.generate import generate
from quintet.tasks.impute import impute
from quintet.variants import get

SHAPE = (1, 2, 2)
Z = torch.tensor([[[0.7, -1.2]]])


class Pixels(ContextDecoder):
    """Logits of black and white pixels, linear in the visible pixels and z."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        draw = torch.Generator().manual_seed(0)
        self.weight = nn.Parameter(2 * torch.randn(2, 4, 4, generator=draw))
        self.latent = nn.Parameter(torch.randn(latent_dim, 4, generator=draw))
        self.null = nn.Parameter(torch.tensor([0.3, -0.2, 0.5, 0.1]))

    def forward(
        self,
        x: Tensor,
        visible: Tensor,
        z: Tensor | None,
        condition: Tensor | None = None,
        has_z: Tensor | None = None,
    ) -> Bernoulli:
        seen, weight = torch.where(visible > 0, x, 0.0).flatten(2), visible.flatten(2)
        own = self.null if z is None else z @ self.latent.to(z)
        own = own if has_z is None else torch.where(has_z > 0, own, self.null)
        logits = (seen * weight) @ self.weight[0].to(weight) + weight @ self.weight[1].to(weight) + own
        return Bernoulli(logits.unflatten(-1, SHAPE))

    def begin(
        self, rows: Tensor, z: Tensor | None, condition: Tensor | None = None, known: Known | None = None
    ) -> VisiblePixels:
        return VisiblePixels(self, rows, z)

    def given_others(self, x: Tensor, visible: Tensor, condition: Tensor | None = None) -> Bernoulli:
        logits = torch.zeros_like(x)
        for pixel in range(4):
            others = visible.clone()
            others.flatten(2)[..., pixel] = 0
            logits.flatten(2)[..., pixel] = self(x, others, None).logits.flatten(2)[..., pixel]
        return Bernoulli(logits)

    def start_at(self, marginals: Marginals) -> None:
        """Not needed here."""


class VisiblePixels:
    """The row and its visible pixels, all of which the network reads at each step."""

    def __init__(self, decoder: Pixels, rows: Tensor, z: Tensor | None) -> None:
        self.decoder, self.z = decoder, z
        self.x, self.visible = torch.zeros_like(rows), torch.zeros_like(rows)

    def conditional(self, cells: Group) -> Distribution:
        found: Bernoulli = self.decoder(self.x, self.visible, self.z)
        return Bernoulli(found.logits.flatten(2)[..., list(cells)])

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        for own, value in ((self.x, x * (visible > 0)), (self.visible, visible)):
            own.flatten(2)[..., list(cells)] += value


def images() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Sixty images of four pixels."""
    return np.random.default_rng(0).integers(0, 2, (60, 2, 2)).astype(np.uint8)


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    """A model of 2 x 2 pixels with the decoder above."""
    schema = Schema.infer(images(), kind="binary")
    recipe = building.build(get("vae")(), schema, 2, Mlp(hidden=(8,)), 0)
    model = ContextModel(recipe.model, Pixels(2)).eval().requires_grad_(False)
    assert recipe.guide is not None
    return Fitted(schema, model, recipe.guide.eval().requires_grad_(False), fingerprint="0" * 16)


def every_image() -> Tensor:
    """All sixteen images."""
    return torch.tensor(list(product([0.0, 1.0], repeat=4))).reshape(16, *SHAPE)


def chain_of(fitted: Fitted, rows: int, *given: Tensor) -> Chain:
    """The chain of some rows given one z."""
    found = fitted.model.decode(Z.expand(1, rows, 2), None, *given)
    assert isinstance(found, Chain)
    return found


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 0, 3, 1)])
def test_probabilities_of_all_images_sum_to_one(fitted: Fitted, order: tuple[int, ...]) -> None:
    found = chain_of(fitted, 16).in_order(order).log_prob(every_image())[0].flatten(1).sum(1).double().exp()
    assert float(found.sum()) == pytest.approx(1, abs=1e-5)
    assert found.std() > 0.3 * found.mean()


@pytest.mark.parametrize("known", [(), (3,)])
def test_draws_have_the_probabilities_of_the_chain_and_keep_known_pixels(fitted: Fitted, known: tuple[int]) -> None:
    x, every = torch.ones(1, 3000, *SHAPE), every_image()
    visible = torch.zeros_like(x)
    visible.flatten(2)[..., list(known)] = 1
    drawn = chain_of(fitted, 3000, x, visible).sample(Noise(1))[0]
    assert (drawn.flatten(1)[:, list(known)] == 1).all()
    every = every[(every.flatten(1)[:, list(known)] == 1).all(1)]
    given = (t[:, : len(every)] for t in (x, visible))
    share = chain_of(fitted, len(every), *given).log_prob(every)[0].flatten(1).sum(1).double().exp()
    counts = torch.stack([(drawn == image).flatten(1).all(1).sum() for image in every]).numpy()
    assert float(share.sum()) == pytest.approx(1, abs=1e-5)
    assert chisquare(counts, 3000 * (share / share.sum()).numpy()).pvalue > 1e-3


def test_the_stage_trains_it_and_an_order_is_chosen(fitted: Fitted) -> None:
    rows = Rows.of(images(), fitted.schema)
    model = fitted.model
    assert isinstance(model, ContextModel)
    (group,) = context_stage(model).groups
    loss = group.loss(rows.batch(slice(None)), Noise(0), StepContext()).loss
    assert loss.shape == (60,)
    assert torch.isfinite(loss).all()
    assert "order of the chain" in orders.choose_order(model, rows, 0)
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders.candidates(model, rows.batch(slice(None)), 0))


def test_the_five_questions_are_answered(fitted: Fitted) -> None:
    cells, schema = images(), fitted.schema
    rows = Rows.of(cells, schema)
    assert set(generate(fitted, 40).x.unique().tolist()) == {0.0, 1.0}
    flat = cells.reshape(60, 4)
    np.testing.assert_array_equal(from_payload(fitted, to_payload(fitted, flat, None, 64), 60, flat.dtype), flat)
    batch = rows.batch(slice(None))
    surprise = elbo_terms(fitted, batch).surprise.flatten(1)
    for pixel in range(4):  # what is said of a pixel does not depend on its own value
        other = batch.x.clone()
        other.flatten(1)[:, pixel] = 1 - other.flatten(1)[:, pixel]
        changed = elbo_terms(fitted, batch.__class__(other, batch.observed)).surprise.flatten(1)[:, pixel]
        torch.testing.assert_close((-changed).exp() + (-surprise[:, pixel]).exp(), torch.ones(60))
    restored, rate = denoise_by_context(fitted, Replacing(), batch, None, 0.2)
    assert restored.shape == batch.x.shape
    assert ((rate >= 0) & (rate <= 1)).all()
    assert torch.isfinite(log_prob(fitted, rows, 3)).all()
    observed = torch.from_numpy(np.random.default_rng(1).random((60, *SHAPE)) < 0.6)
    filled = impute(fitted, Rows(rows.values, observed, None), draws=2)
    known = observed[:, None].expand_as(filled.draws)
    assert torch.equal(filled.draws[known], batch.x[:, None].expand_as(filled.draws)[known])
    assert ((filled.draws == 0) | (filled.draws == 1)).all()
