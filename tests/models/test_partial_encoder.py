"""The guide and the refinement: against a posterior in closed form, and what they must leave alone."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import linear as linear_of
from torch.nn.functional import silu

from quintet import variants
from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.distributions import Normal
from quintet.inference.refinement import refine
from quintet.models.flat import Flat
from quintet.models.objectives.elbo import masked_sum
from quintet.models.partial_encoder import PartialEncoder
from quintet.models.partial_encoder_corruption import blocks, spoil
from quintet.models.partial_encoder_stage import WILD, guide_stage, tamed
from quintet.models.recipe import StepContext
from quintet.networks import choose_likelihood, choose_network
from quintet.noise import Noise

CELLS, LATENTS, VARIANCE = 6, 2, 0.5  # the "mse" likelihood is a normal of variance 1/2
WEIGHT = torch.tensor(np.linalg.qr(np.random.default_rng(0).normal(size=(CELLS, LATENTS)))[0] * [1.5, 0.7]).float()


def _decoder(latent_dim: int, out_shape: tuple[int, ...]) -> nn.Module:
    return nn.Linear(latent_dim, math.prod(out_shape))


@pytest.fixture
def linear() -> Flat:
    """x = W z + noise, the columns of W orthogonal, so that the posterior of whole rows is a diagonal normal."""
    schema = Schema.infer(np.random.default_rng(1).normal(size=(50, CELLS)))
    network = choose_network((lambda shape: nn.Flatten(), _decoder), schema.shape)
    model = Flat(schema, LATENTS, network, choose_likelihood("mse", "real", 256, 1))
    spread = 1 / (1 + WEIGHT.square().sum(0) / VARIANCE)
    with torch.no_grad():
        model.decoder[0].weight.copy_(WEIGHT)
        model.decoder[0].bias.zero_()
        model.head.head.weight.copy_(torch.cat([spread[:, None] * WEIGHT.T / VARIANCE, torch.zeros(LATENTS, CELLS)]))
        model.head.head.bias.copy_(torch.cat([torch.zeros(LATENTS), spread.log() / 2]))
    return model


def rows(n: int, seed: int = 0) -> torch.Tensor:
    noise = Noise(seed)
    return noise.normal(n, LATENTS)[0] @ WEIGHT.T + math.sqrt(VARIANCE) * noise.normal(n, CELLS)[0]


def test_refinement_finds_the_posterior_in_closed_form(linear: Flat) -> None:
    x, observed = rows(20), torch.ones(20, CELLS, dtype=torch.bool)
    start = Normal(torch.zeros(1, 20, LATENTS), torch.ones(1, 20, LATENTS))

    def seen(clean: Normal) -> torch.Tensor:
        return masked_sum(clean.log_prob(x), observed)

    found = refine(linear, seen, start, 150, Noise(1, draws=4, shared=True))  # type: ignore[arg-type]
    truth = linear.posterior(x, observed)
    assert found.loc == pytest.approx(truth.loc.detach(), abs=0.03)
    assert found.scale == pytest.approx(truth.scale.detach().expand_as(found.scale), rel=0.15)


def test_refinement_of_a_row_does_not_depend_on_its_neighbours(linear: Flat) -> None:
    x = rows(8)

    def found(order: list[int]) -> torch.Tensor:
        start = Normal(torch.zeros(1, 8, LATENTS), torch.ones(1, 8, LATENTS))
        observed = torch.ones(8, CELLS, dtype=torch.bool)
        y = x[order]
        return refine(linear, lambda p: masked_sum(p.log_prob(y), observed), start, 5, Noise(1, shared=True)).loc

    order = [3, 1, 0, 7, 6, 5, 4, 2]
    assert torch.equal(found(order)[0], found(list(range(8)))[0, order])


def test_training_the_guide_moves_no_bit_of_the_joint_and_finds_the_posterior(linear: Flat) -> None:
    guide, stage = guide_stage(linear, choose_network({"kind": "mlp", "hidden": (32,)}, (CELLS,)))
    before = {name: t.clone() for name, t in linear.state_dict().items()}
    optimiser = torch.optim.Adam(guide.parameters(), lr=1e-2)
    observed = torch.ones(256, CELLS, dtype=torch.bool)
    for step in range(300):
        batch = Batch(rows(256, step + 1), observed)
        loss = stage.groups[0].loss(batch, Noise((5, step)), StepContext()).loss.mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert all(torch.equal(t, before[name]) for name, t in linear.state_dict().items())
    assert all(p.grad is None for p in linear.parameters())
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in guide.parameters())
    x, half = rows(500), torch.ones(500, CELLS, dtype=torch.bool)
    half[:, 3:] = False
    w = WEIGHT[:3]  # given the first three cells the posterior is N(V wᵀ x / s², V), V = (I + wᵀ w / s²)⁻¹
    v = torch.linalg.inv(torch.eye(LATENTS) + w.T @ w / VARIANCE)
    error = guide.posterior(x, half).mean[0] - x[:, :3] @ (v @ w.T / VARIANCE).T
    assert error.square().mean().sqrt() < 0.25


def test_what_stands_in_a_cell_of_no_trust_is_not_read() -> None:
    schema = Schema.infer(np.random.default_rng(0).integers(0, 256, (5, 6, 7)).astype(np.uint8))
    guide = PartialEncoder(schema, 3)
    x, trust = torch.zeros(2, 1, 6, 7), torch.ones(2, 1, 6, 7)
    trust[0, 0, :3] = 0
    other = x.clone()
    other[0, 0, :3] = torch.nan
    assert torch.equal(guide.posterior(x, trust).mean, guide.posterior(other, trust).mean)


@pytest.mark.parametrize("kind", ["image8", "unit", "binary", "real"])
def test_spoiled_copies_are_legal(kind: str) -> None:
    shape = (5,) if kind == "real" else (5, 7)
    cells = np.random.default_rng(0).integers(0, 2, (400, *shape)).astype(np.float32)
    cells = cells * 100 if kind == "image8" else cells
    schema = Schema.infer(cells.astype(np.uint8) if kind == "image8" else cells, kind=kind)
    x = torch.from_numpy(cells).reshape(400, *schema.shape)
    observed = torch.rand(x.shape, generator=torch.Generator().manual_seed(0)) < 0.9
    soiled, trust = spoil(schema, x, observed, Noise(3))
    assert ((trust >= 0) & (trust <= 1)).all()
    assert (trust[~observed] == 0).all()
    changed = (soiled != x).flatten(1).any(1).float().mean()
    assert 0.2 < changed < 0.6
    if kind != "real":
        assert soiled.min() >= 0
        assert soiled.max() <= schema.levels - 1 if kind == "image8" else soiled.max() <= 1
    if kind in ("image8", "binary"):
        assert torch.equal(soiled, soiled.round())


@pytest.mark.parametrize("kind", ["image8", "unit", "binary"])
def test_the_guide_sees_bounded_cells_about_zero_and_of_a_spread_about_one(kind: str) -> None:
    cells = (np.random.default_rng(0).random((500, 4, 5)) < 0.1).astype(np.float32)
    cells = (255 * cells).astype(np.uint8) if kind == "image8" else cells
    schema = Schema.infer(cells, kind=kind)
    x = torch.from_numpy(cells).float().unsqueeze(1)
    seen, trust = PartialEncoder(schema, 2).seen(x, torch.ones_like(x)).chunk(2, dim=1)
    assert float(seen.mean()) == pytest.approx(0, abs=1e-4)
    assert float(seen.std()) == pytest.approx(1, abs=1e-3)
    assert (trust == 1).all()


def test_what_a_cell_is_replaced_by_says_nothing_of_how_many_are_replaced() -> None:
    schema = Schema.infer(np.random.default_rng(0).random((50, 400)).astype(np.float32), kind="unit")
    x = torch.full((4000, 400), 0.5)
    soiled, trust = spoil(schema, x, torch.ones((), dtype=torch.bool).expand(x.shape), Noise(5))
    hit = soiled != x
    replaced = hit.any(1) & ~hit.all(1)  # shifts move every cell, masks none
    values = [row[at] for row, at in zip(soiled[replaced], hit[replaced], strict=True)]
    uniform = [v for v in values if not torch.equal(v, v.round())]
    for few in (True, False):
        found = torch.cat([v for v in uniform if (len(v) < 60) == few])
        edges = torch.histc(found, 10, 0, 1) / len(found)
        assert (edges - 0.1).abs().max() < 0.015
    assert len(uniform) / len(replaced) == pytest.approx(0.6 * 0.6, abs=0.04)
    masked = (trust == 0).any(1)
    assert masked.float().mean() == pytest.approx(0.3, abs=0.03)
    assert not (masked & replaced).any()


def test_a_step_of_the_guide_multiplies_less_than_twice_as_much_as_one_of_the_joint() -> None:
    schema = Schema.infer(np.random.default_rng(0).random((5, 784)).astype(np.float32), kind="unit")
    recipe = variants.get("vae")().build(schema, 20, choose_network({"kind": "mlp", "hidden": (400,)}, (784,)))

    def products(module: nn.Module) -> int:
        return sum(p.numel() for p in module.parameters() if p.ndim > 1)

    assert recipe.guide is not None
    assert products(recipe.guide) < 2 * products(recipe.model)


def test_blocks_are_rectangles_or_their_outside() -> None:
    kept = blocks(Noise(1), torch.zeros(300, 1, 8, 8))
    for mask in kept[:, 0]:
        for block in (mask, 1 - mask):
            sides = block.amax(1), block.amax(0)
            if torch.equal(block, sides[0][:, None] * sides[1]):
                break
        else:
            pytest.fail("neither the mask nor its complement is a rectangle")
    assert kept.mean() == pytest.approx(0.6, abs=0.25)


class _Sizes(nn.Module):
    """z -> (z, |z|): who sees the second cell alone knows z but for its sign."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return torch.cat([z, z.abs()], 1)


@pytest.fixture(scope="module")
def signed() -> tuple[Flat, PartialEncoder]:
    """A joint whose posterior has two modes where the first cell is missing, and its trained guide."""
    schema = Schema.infer(np.random.default_rng(1).normal(size=(50, 2)))
    network = choose_network((lambda shape: nn.Flatten(), lambda latent_dim, out_shape: _Sizes()), schema.shape)
    model = Flat(schema, 1, network, choose_likelihood("mse", "real", 256, 1))
    with torch.no_grad():
        model.head.head.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
        model.head.head.bias.copy_(torch.tensor([0.0, math.log(0.1)]))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        guide, stage = guide_stage(model, choose_network({"kind": "mlp", "hidden": (32,)}, (2,)))
    optimiser = torch.optim.Adam(guide.parameters(), lr=1e-2)
    for step in range(400):
        z = 1.5 * Noise((7, step)).normal(256, 1)[0]
        batch = Batch(torch.cat([z, z.abs()], 1), torch.ones(256, 2, dtype=torch.bool))
        loss = stage.groups[0].loss(batch, Noise((8, step)), StepContext()).loss.mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model, guide.eval().requires_grad_(False)


def test_a_posterior_of_two_modes_is_not_averaged(signed: tuple[Flat, PartialEncoder]) -> None:
    model, guide = signed
    z = torch.linspace(-2.5, 2.5, 26)[:, None]
    z = z[z.abs().flatten() > 0.6]
    x, seen = torch.cat([z, z.abs()], 1), torch.tensor([[0.0, 1.0]]).expand(len(z), 2)
    found = guide.posterior(x, seen)
    draws = found.sample(Noise(3, draws=400))
    assert (draws.abs().mean(0) - z.abs()).abs().max() < 0.35  # each draw has about the size seen,
    assert ((draws > 0).float().mean(0) - 0.5).abs().max() < 0.25  # and either sign
    one = Normal(found.mean, found.variance.sqrt())  # the best that a single normal can do
    truth = model.posterior(x, torch.ones(len(z), 2, dtype=torch.bool))
    gain = -found.cross_entropy_bound(truth) - one.log_prob(truth.sample(Noise(4, draws=50))).sum(-1).mean(0)
    assert gain.mean() > 0.5  # nats; two thin modes far apart would give several


def test_the_likeliest_component_is_refined_to_one_of_the_modes(signed: tuple[Flat, PartialEncoder]) -> None:
    model, guide = signed
    x, seen = torch.tensor([[0.0, 1.8]]), torch.tensor([[False, True]])

    def fit(clean: Normal) -> torch.Tensor:
        return masked_sum(clean.log_prob(x), seen)

    start = guide.posterior(x, seen).peak
    found = refine(model, fit, start, 60, Noise(1, draws=4, shared=True))  # type: ignore[arg-type]
    best = 1.8 / (1 + VARIANCE)  # the mode of N(1.8; |z|, 1/2) N(z; 0, 1)
    assert float(found.loc.detach().abs()) == pytest.approx(best, abs=0.1)


@pytest.mark.parametrize("kind", ["image8", "unit", "count", "real"])
def test_the_guide_of_a_file_of_version_0_1_answers_as_it_did(kind: str) -> None:
    shape = (5,) if kind in ("real", "count") else (4, 5)
    cells = np.random.default_rng(0).integers(0, 2, (40, *shape)).astype(np.uint8 if kind == "image8" else np.float32)
    schema = Schema.infer(cells, kind=kind)
    guide, stored = PartialEncoder(schema, 3), _before(schema, 3)
    guide.like(stored)
    guide.load_state_dict(stored)
    x, trust = torch.from_numpy(cells[:8]).float().reshape(8, *schema.shape), Noise(1).uniform(8, *schema.shape)[0]
    trust = trust * (trust > 0.3)
    seen = torch.where(trust > 0, x, 0.0)
    top = math.log1p(schema.top) if kind == "count" else schema.top
    seen = torch.cat([(torch.log1p(seen) if kind == "count" else seen) * (trust / top), trust], 1).flatten(1)
    for name in ("encoder.1", "encoder.3", "mix.1"):
        if name == "mix.1":
            seen = silu(seen)
        seen = silu(linear_of(seen, stored[f"{name}.weight"], stored[f"{name}.bias"]))
    loc = linear_of(seen, stored["head.head.weight"], stored["head.head.bias"])[:, :3]
    shift = linear_of(seen, stored["parts.weight"], stored["parts.bias"])[:, 8:32].reshape(8, 8, 3)
    found = guide.posterior(x, trust)
    assert torch.allclose(found.loc, loc[:, None] + guide.head(seen).scale[0][:, None] * shift, atol=1e-5)


def _before(schema: Schema, latent_dim: int) -> dict[str, torch.Tensor]:
    """Weights under the names and in the shapes that version 0.1 stored."""
    cells, wide = math.prod(schema.shape), 128
    shapes = {"encoder.1": (wide, 2 * cells), "encoder.3": (wide, wide), "mix.1": (wide, wide)}
    shapes |= {"head.head": (2 * latent_dim, wide), "parts": (8 * (2 * latent_dim + 1), wide)}
    noise = Noise(9)
    stored = {f"{name}.weight": noise.normal(*shape)[0] / math.sqrt(shape[1]) for name, shape in shapes.items()}
    return stored | {f"{name}.bias": noise.normal(shape[0])[0] for name, shape in shapes.items()}


def test_the_guide_of_an_earlier_file_is_its_shared_normal_alone() -> None:
    schema = Schema.infer(np.random.default_rng(0).integers(0, 256, (5, 6, 7)).astype(np.uint8))
    guide = PartialEncoder(schema, 3)
    with torch.no_grad():
        guide.parts.weight.zero_()
        guide.parts.bias.zero_()
    x = 255 * Noise(0).uniform(4, 1, 6, 7)[0]
    many = guide.posterior(x, torch.ones_like(x))
    guide.single()
    one = guide.posterior(x, torch.ones_like(x))
    z = Noise(1, draws=3).normal(4, 3)
    assert one.loc.shape == (4, 1, 3)
    assert torch.allclose(many.log_density(z), one.log_density(z), atol=1e-4)
    assert not any(name.startswith("parts") for name in guide.state_dict())


def test_the_loss_is_the_divergence_and_slows_smoothly_beyond_what_any_row_should_cost() -> None:
    usual = torch.tensor([-5.0, 0.0, 30.0, WILD], requires_grad=True)
    assert torch.equal(tamed(usual), usual)
    (slope,) = torch.autograd.grad(tamed(usual)[:3].sum(), usual)
    assert torch.equal(slope[:3], torch.ones(3))
    wild = torch.tensor([1.001 * WILD, 1e6, 1e12], requires_grad=True)
    (slope,) = torch.autograd.grad(tamed(wild).sum(), wild)
    assert slope[0] == pytest.approx(1.0, abs=2e-3)
    assert torch.allclose(slope * wild, torch.full((3,), WILD))
    assert (tamed(wild).diff() > 0).all()
