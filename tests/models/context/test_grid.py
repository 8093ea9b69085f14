"""The context decoder of images: one joint by the chain, windows that read what is visible alone, exact coding."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor

from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.distributions import DiscretizedLogisticMixture
from quintet.distributions.chain import Chain
from quintet.estimators import building
from quintet.models.context.grid import GridContext
from quintet.models.context.model import ContextModel
from quintet.models.fitted import Fitted
from quintet.networks import Mlp
from quintet.networks.window_network import Window
from quintet.noise import Noise
from quintet.tasks.compress import lossless
from quintet.tasks.compress.coding_model import CodingModel
from quintet.tasks.compress.lossless import from_payload, to_payload
from quintet.tasks.detect.elbo_terms import elbo_terms
from quintet.tasks.generate import generate
from quintet.tasks.impute import impute
from quintet.variants import get

Images = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
COLOUR, BINARY = (5, 9, 3), (2, 2)


def images(shape: tuple[int, ...], levels: int, rows: int = 24) -> Images:
    return np.random.default_rng(0).integers(0, levels, (rows, *shape)).astype(np.uint8)


def built(cells: Images, kind: str) -> Fitted:
    """An untrained model whose decoder has weights of a size that matters."""
    schema = Schema.infer(cells, kind=kind)
    recipe = building.build(get("vae")(), schema, 2, Mlp(hidden=(8,)), 0, context="grid")
    model, draw = recipe.model, torch.Generator().manual_seed(1)
    assert isinstance(model, ContextModel)
    assert isinstance(model.context, GridContext)
    for parameter in model.context.parameters():
        parameter.data += 0.2 * torch.randn(parameter.shape, generator=draw)
    assert recipe.guide is not None
    return Fitted(
        schema, model.eval().requires_grad_(False), recipe.guide.eval().requires_grad_(False), fingerprint="0" * 16
    )


@pytest.fixture(scope="module")
def binary() -> Fitted:
    return built(images(BINARY, 2, 60), "binary")


@pytest.fixture(scope="module")
def colour() -> Fitted:
    return built(images(COLOUR, 256), "image8")


def context_of(fitted: Fitted) -> GridContext:
    assert isinstance(fitted.model, ContextModel)
    assert isinstance(fitted.model.context, GridContext)
    return fitted.model.context


def chain_of(fitted: Fitted, rows: int, *given: Tensor) -> Chain:
    found = fitted.model.decode(torch.tensor([[[0.7, -1.2]]]).expand(1, rows, 2), None, *given)
    assert isinstance(found, Chain)
    return found


def every_binary_image() -> Tensor:
    return torch.tensor(list(product([0.0, 1.0], repeat=4))).reshape(16, 1, 2, 2)


@pytest.mark.parametrize("order", [None, (2, 0, 3, 1)])
def test_probabilities_of_all_images_sum_to_one(binary: Fitted, order: tuple[int, ...] | None) -> None:
    chain = chain_of(binary, 16)
    chain = chain if order is None else chain.in_order(order)
    found = chain.log_prob(every_binary_image())[0].flatten(1).sum(1).double().exp()
    assert float(found.sum()) == pytest.approx(1, abs=1e-5)
    assert found.std() > 0.1 * found.mean()


@pytest.mark.parametrize("known", [(), (3,)])
def test_draws_have_the_probabilities_of_the_chain_and_keep_known_pixels(binary: Fitted, known: tuple[int]) -> None:
    x, every = torch.ones(1, 3000, 1, 2, 2), every_binary_image()
    visible = torch.zeros_like(x)
    visible.flatten(2)[..., list(known)] = 1
    drawn = chain_of(binary, 3000, x, visible).sample(Noise(1))[0]
    assert (drawn.flatten(1)[:, list(known)] == 1).all()
    every = every[(every.flatten(1)[:, list(known)] == 1).all(1)]
    given = (t[:, : len(every)] for t in (x, visible))
    share = chain_of(binary, len(every), *given).log_prob(every)[0].flatten(1).sum(1).double().exp()
    counts = torch.stack([(drawn == image).flatten(1).all(1).sum() for image in every]).numpy()
    assert chisquare(counts, 3000 * (share / share.sum()).numpy()).pvalue > 1e-3


@pytest.mark.parametrize("pixel", [0, 13, 26, 44])
def test_cells_known_from_the_start_stay_visible_when_the_chain_has_passed_them(colour: Fitted, pixel: int) -> None:
    x = Rows.of(images(COLOUR, 256, 3), colour.schema).batch(slice(None)).x
    visible = torch.ones_like(x)
    visible.flatten(2)[:, :, pixel] = 0
    chain = chain_of(colour, 3, x[None], visible[None])
    seen = chain.begin(torch.zeros_like(x)[None])
    cells = tuple(cell for cell in range(x[0].numel()) if cell % 45 != pixel)
    seen.reveal(cells, x.flatten(1)[None][..., cells], torch.ones(1, 1, len(cells)))
    alone = seen.conditional((pixel,)).log_prob(x.flatten(1)[None][..., [pixel]])[0, :, 0]
    in_chain = chain.terms(x, torch.ones_like(x, dtype=torch.bool))[0].flatten(1)[:, pixel]
    torch.testing.assert_close(in_chain, alone)


def test_known_cells_may_have_any_layout_in_memory(colour: Fitted) -> None:
    x = Rows.of(images(COLOUR, 256, 3), colour.schema).batch(slice(None)).x
    hidden = torch.zeros_like(x)
    turned = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)  # the same values, channels last
    assert not turned.is_contiguous()
    drawn, same = (chain_of(colour, 3, rows[None], hidden[None]).sample(Noise(0)) for rows in (x, turned))
    assert torch.equal(drawn, same)
    assert not torch.equal(drawn[0], x)


def test_one_pass_gives_the_terms_of_the_chain(colour: Fitted) -> None:
    x = Rows.of(images(COLOUR, 256, 4), colour.schema).batch(slice(None)).x
    observed = torch.rand(x.shape, generator=torch.Generator().manual_seed(2)) < 0.7
    chain = chain_of(colour, 4)
    assert chain.in_one_pass is not None
    by_group = Chain(chain.begin, chain.groups, chain.like, chain.alone)
    torch.testing.assert_close(chain.terms(x, observed), by_group.terms(x, observed), rtol=1e-4, atol=1e-4)


def test_a_term_reads_neither_its_own_cell_nor_a_later_one(colour: Fitted) -> None:
    x = Rows.of(images(COLOUR, 256, 2), colour.schema).batch(slice(None)).x
    chain, context = chain_of(colour, 2), context_of(colour)
    seen = torch.ones_like(x)
    before, others = chain.in_one_pass(x, seen), context.given_others(x[None], seen[None])  # type: ignore[misc]
    order = [cell for group in chain.groups for cell in group]
    assert sorted(order) == list(range(x[0].numel()))
    for place in range(0, len(order), 17):
        other = x.clone()
        other.flatten(1)[:, order[place]] = 255 - other.flatten(1)[:, order[place]]
        changed = chain.in_one_pass(other, seen).mean.flatten(2)  # type: ignore[misc]
        group = next(number for number, cells in enumerate(chain.groups) if order[place] in cells)
        unread = [cell for cells in chain.groups[: group + 1] for cell in cells]
        torch.testing.assert_close(changed[..., unread], before.mean.flatten(2)[..., unread], rtol=0, atol=0)
        own = context.given_others(other[None], seen[None]).mean.flatten(2)
        torch.testing.assert_close(own[..., order[place]], others.mean.flatten(2)[..., order[place]], rtol=0, atol=0)
        assert not torch.equal(own, others.mean.flatten(2))


def test_hidden_cells_are_not_read(colour: Fitted) -> None:
    x = Rows.of(images(COLOUR, 256, 3), colour.schema).batch(slice(None)).x
    visible = (torch.rand(x.shape, generator=torch.Generator().manual_seed(3)) < 0.5).float()
    other = torch.where(visible > 0, x, torch.nan)
    context, z = context_of(colour), torch.randn(1, 3, 2, generator=torch.Generator().manual_seed(4))
    for given in (None, colour.model.given(z, None)):
        found, again = (context(t[None], visible[None], given) for t in (x, other))
        torch.testing.assert_close(found.mean, again.mean, rtol=0, atol=0)
    assert not torch.equal(found.mean, context(x[None], visible[None], None).mean)


def test_a_hidden_channel_begins_at_its_regression_on_a_visible_one() -> None:
    draw = np.random.default_rng(0)
    first = draw.integers(60, 190, (40, 1, 1)).repeat(6, 1).repeat(5, 2)
    cells = np.stack([first, 250 - first, draw.integers(0, 256, first.shape)], -1).astype(np.uint8)
    schema = Schema.infer(cells)
    batch = Rows.of(cells, schema).batch(slice(None))
    context = GridContext(schema, 2)
    context.from_known_cells.middle.copy_(batch.x.mean((0, 2, 3)))
    context.start_from(batch.x, batch.observed, None)
    among = context.from_known_cells.among.detach()
    assert among.diagonal().tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert float(among[1, 0]) == pytest.approx(-1.0, abs=0.01)
    assert abs(float(among[2, 0])) < 0.2
    visible = torch.zeros_like(batch.x)
    visible[:, 0] = 1
    with torch.no_grad():
        centres = context.given_others(batch.x[None], visible[None]).loc
    hidden = centres.mean(0)[0, :, 1]  # of an untrained mixture
    assert float(np.corrcoef(hidden.flatten(), batch.x[:, 1].flatten())[0, 1]) > 0.95


def test_every_parameter_gets_a_gradient(colour: Fitted) -> None:
    context = GridContext(colour.schema, 2)
    batch = Rows.of(images(COLOUR, 256), colour.schema).batch(slice(None))
    z, has_z = torch.randn(1, 24, 2 + batch.x[0].numel()), (torch.arange(24) % 2).reshape(1, 24, 1).float()
    for network in (context.in_raster_order, context.from_known_cells):
        for block in network.blocks[:-1]:
            torch.nn.init.normal_(block.outer.weight, std=0.1)  # type: ignore[arg-type]
    for step in range(40):  # of different kinds
        given = None if step % 2 else z
        terms = context.training_terms(batch.x, batch.observed.float(), given, None, has_z, Noise(step))
        assert terms.shape == (24,)
        terms.sum().backward()  # type: ignore[no-untyped-call]
    without = [name for name, p in context.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert without == ["in_raster_order.others.0.weight"]  # the first channel of a pixel sees no other


@pytest.mark.parametrize("shape", [COLOUR, (3, 4), (1, 1, 3), (7, 2, 4)])
def test_compressed_images_come_back_cell_for_cell(shape: tuple[int, ...]) -> None:
    fitted = built(images(shape, 256, 5), "image8")
    # draws of the model: random images cost more than 8 bits a cell, and would be stored beside the code
    flat = generate(fitted, 5).x.flatten(1).numpy().astype(np.uint8)
    payload = to_payload(fitted, flat, None, 64)
    np.testing.assert_array_equal(from_payload(fitted, payload, 5, flat.dtype), flat)
    # the first try of ``to_payload``, which otherwise falls back to arithmetic that is not exact
    assert lossless._to_payload(fitted, flat, None, 64, None, None, exact=True) == payload


def test_questions_are_answered_with_legal_values(colour: Fitted) -> None:
    cells = images(COLOUR, 256, 6)
    drawn = generate(colour, 4).x
    assert ((drawn >= 0) & (drawn <= 255) & (drawn == drawn.round())).all()
    rows = Rows.of(cells, colour.schema)
    batch = rows.batch(slice(None))
    assert torch.isfinite(elbo_terms(colour, batch).surprise).all()
    observed = torch.from_numpy(np.random.default_rng(1).random(batch.x.shape) < 0.6)
    filled = impute(colour, Rows(rows.values, observed, None), draws=2)
    known = observed[:, None].expand_as(filled.draws)
    assert torch.equal(filled.draws[known], batch.x[:, None].expand_as(filled.draws)[known])


@pytest.mark.parametrize("z", [None, np.array([[0.7, -1.2], [0.1, 0.4]])])
def test_exact_arithmetic_has_the_same_bits_in_one_pass_and_in_waves(
    colour: Fitted, z: np.ndarray[Any, Any] | None
) -> None:
    model = CodingModel.from_fitted(colour, exact=True)
    values = colour.schema.to_model_layout(images(COLOUR, 256, 2)).reshape(2, -1)
    fits = np.random.default_rng(3).random(values.shape) < 0.8
    with model.arithmetic():
        whole = model.in_one_pass(z, values, fits, None)
        assert isinstance(whole, DiscretizedLogisticMixture)
        visible = model.begin(z, None, 2)
        for group in model.groups:
            place = list(group)
            one = visible.conditional(group)
            assert isinstance(one, DiscretizedLogisticMixture)
            for name in ("logits", "loc", "log_scale"):
                assert torch.equal(getattr(one, name), getattr(whole, name).flatten(3)[..., place])
            model.reveal(visible, group, values[:, place], fits[:, place])


def test_a_decoder_of_the_first_files_has_a_base_without_weights(colour: Fitted) -> None:
    learnt = {"context.in_raster_order.fit.weight", "context.from_known_cells.among"}
    tensors = colour.model.state_dict()
    assert learnt < tensors.keys()
    stored = {name: tensor for name, tensor in tensors.items() if name not in learnt}
    recipe = building.build(get("vae")(), colour.schema, 2, Mlp(hidden=(8,)), 0, context="grid")
    building.like_stored(recipe.model, stored)
    recipe.model.load_state_dict(stored)  # refuses what is lacking or left over
    assert recipe.model.state_dict().keys() == stored.keys()
    assert isinstance(recipe.model, ContextModel)
    assert isinstance(recipe.model.context, GridContext)
    context, known = recipe.model.context, context_of(colour).from_known_cells
    around = len(context.neighbours)
    slope = context.neighbours.offsets[:, 1].float().expand(1, 1, 3, 1, around)
    window = Window(100 + 10 * slope, (slope < 0).float())  # cells on the left of the pixel
    surface = known.base(window)
    torch.testing.assert_close(context.in_raster_order.base(window), surface)
    hidden = Window(window.x, window.visible * torch.tensor([0.0, 1, 1]).reshape(3, 1, 1))
    level = context.from_known_cells.base(hidden)[..., 0]
    middle = context.from_known_cells.middle
    expected = middle[0] + (_weighted_mean(context, hidden) - middle[1:]).mean()
    assert float(level[0, 0, 0]) == pytest.approx(float(expected), rel=1e-5)


def _weighted_mean(context: GridContext, window: Window) -> Tensor:
    """The mean of the visible neighbours by nearness, of the channels that have any, (channels,)."""
    weight = context.from_known_cells.fit.kernel * window.visible[0, 0, 1:, 0]
    return (weight * window.x[0, 0, 1:, 0]).sum(-1) / weight.sum(-1)
