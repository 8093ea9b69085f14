"""The laws of the context decoders of series, of numbers and of tokens, for every variant that takes them."""

from __future__ import annotations

import os
import signal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from quintet import VAE, load
from quintet.codec.arithmetic.exact_mode import Exact
from quintet.data.dataset import Batch, Rows
from quintet.data.marginals import marginals
from quintet.data.schema import Schema
from quintet.errors import InputError, Interrupted
from quintet.estimators import building
from quintet.estimators._fit.presets import context_for
from quintet.models.context.model import ContextModel
from quintet.models.recipe import Recipe, StepContext
from quintet.networks import Mlp
from quintet.noise import Noise
from quintet.variants import get, names

TAKERS = [name for name in names() if name not in ("perceptual", "vrae") and not get(name).answers]
KINDS = {"real": "steps", "token": "tokens"}
Series = np.ndarray[tuple[int, ...], np.dtype[Any]]


def series(kind: str, rows: int = 40) -> Series:
    """Waves in two channels, or words of nine letters in which a letter depends on the two before it."""
    draw = np.random.default_rng(0)
    if kind == "real":
        phase = draw.random((rows, 1, 1)) * 6
        wave = np.sin(phase + np.arange(12)[:, None] * 1.5 + np.array([0.0, 0.7]))
        return np.asarray(wave * draw.uniform(0.5, 3, (rows, 1, 1)) + 0.1 * draw.normal(size=(rows, 12, 2)))
    letters = draw.integers(0, 5, (rows, 9))
    for step in range(2, 9):
        letters[:, step] = np.where(draw.random(rows) < 0.8, (letters[:, step - 1] + letters[:, step - 2]) % 5, 4)
    return letters


@cache
def some_rows(kind: str, conditional: bool) -> tuple[Schema, Rows]:
    label = np.arange(40) % 2 if conditional else None
    cells = series(kind)
    schema = Schema.infer(cells, label, kind=kind, sequential=True)
    mask = np.random.default_rng(1).random(cells.shape) < 0.2
    return schema, Rows.of(cells, schema, label, mask=mask)


def built(name: str, kind: str) -> tuple[Recipe, Batch]:
    """The variant's recipe before training, and rows with missing cells."""
    schema, rows = some_rows(kind, get(name).conditional)
    recipe = building.build(get(name)(), schema, 3, Mlp(hidden=(8,)), 0, context=KINDS[kind])
    recipe.model.start_at(marginals(rows))
    batch = rows.batch(slice(None))
    start = recipe.stages[-1].start
    assert start is not None
    start(batch)
    return recipe, batch


def stirred(name: str, kind: str) -> tuple[ContextModel, Batch]:
    """A model whose context decoder has random weights, so that it reads all it can."""
    recipe, batch = built(name, kind)
    model, generator = recipe.model, torch.Generator().manual_seed(1)
    assert isinstance(model, ContextModel)
    with torch.no_grad():
        for parameter in model.context.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model.eval(), batch


def loss_of(recipe: Recipe, batch: Batch, step: int = 0) -> Tensor:
    """The loss of the context stage, which is the last one; each step shows another kind of visible cells."""
    (group,) = recipe.stages[-1].groups
    return group.loss(batch, Noise(step), StepContext()).loss


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TAKERS)
def test_the_stage_changes_nothing_before_it_and_reads_no_cell_that_is_not_observed(name: str, kind: str) -> None:
    recipe, batch = built(name, kind)
    model = recipe.model
    assert isinstance(model, ContextModel)
    other = Batch(torch.where(batch.observed, batch.x, torch.nan), batch.observed, batch.condition)
    for step in range(24):
        loss, again = loss_of(recipe, batch, step), loss_of(recipe, other, step)
        assert loss.shape == (40,)
        assert torch.isfinite(loss).all()
        assert torch.equal(loss, again)
        loss.mean().backward()
    assert all(p.grad is None for p in model.plain.parameters())
    assert all(p.grad is not None for p in model.context.parameters())
    with torch.no_grad():
        one, two = (model.draw(b.x, b.observed, Noise(1), batch.condition).likelihood for b in (batch, other))
        seen = batch.observed
        assert torch.equal(one.terms(batch.x, seen)[0][seen], two.terms(other.x, seen)[0][seen])


@pytest.mark.parametrize("kind", KINDS)
def test_a_term_of_the_chain_depends_on_earlier_cells_alone(kind: str) -> None:
    model, batch = stirred("vae", kind)
    x, everything = batch.x[None], torch.ones_like(batch.observed)[None]
    cells = x.shape[2]
    with torch.no_grad():
        chain = model.without_latents(len(batch.x))
        terms = chain.terms(x, everything)
        for changed in (0, cells // 2, cells - 1):
            other = x.clone()
            other[..., changed] = (other[..., changed] + 1) % 5
            moved = (chain.terms(other, everything) != terms).any(0).any(0)
            assert not moved[:changed].any()
            assert moved[changed:].any()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_of_a_cell_given_all_others_does_not_depend_on_it(kind: str) -> None:
    model, batch = stirred("vae", kind)
    x, everything = batch.x[None], torch.ones_like(batch.x)[None]
    with torch.no_grad():
        probe = torch.ones_like(x)
        said = model.given_others(x, everything, None).log_prob(probe)
        for changed in (0, x.shape[2] // 2, x.shape[2] - 1):
            other = x.clone()
            other[..., changed] = (other[..., changed] + 1) % 5
            again = model.given_others(other, everything, None).log_prob(probe)
            assert torch.equal(said[..., changed], again[..., changed])
            assert not torch.equal(said, again)


@pytest.mark.parametrize("kind", KINDS)
def test_one_pass_gives_the_bits_of_the_chain_in_exact_arithmetic(kind: str) -> None:
    model, batch = stirred("vae", kind)
    model = model.double()
    x, observed = batch.x[None, :7].double(), batch.observed[None, :7].double()
    x = torch.where(observed > 0, x, 0.0)
    probe = torch.full_like(x, 2.0)
    with torch.no_grad(), Exact():
        chain = model.without_latents(7)
        assert chain.in_one_pass is not None
        whole = chain.in_one_pass(x, observed).cdf(probe)
        visible = chain.begin(x)
        for group in chain.groups:
            (cell,) = group
            own = visible.conditional(group).cdf(probe[..., [cell]])
            assert torch.equal(own[..., 0], whole[..., cell])
            visible.reveal(group, x[..., [cell]], observed[..., [cell]])


@pytest.mark.parametrize("kind", KINDS)
def test_known_cells_stay_and_a_chain_fills_the_others(kind: str) -> None:
    model, batch = stirred("vae", kind)
    x, observed = batch.x[None], batch.observed.to(batch.x.dtype)[None]
    with torch.no_grad():
        drawn = model.decode(None, None, x, observed).sample(Noise(3))
    assert torch.equal(drawn[observed > 0], x[observed > 0])
    assert torch.isfinite(drawn).all()
    assert kind != "token" or bool(((drawn >= 0) & (drawn < 5) & (drawn == drawn.round())).all())


def small(variant: str, kind: str, **options: Any) -> VAE:
    settings = {"latent_dim": 2, "network": Mlp(hidden=(8,)), "random_state": 0, "epochs": 2, "calibration": 0.2}
    return VAE(**{"variant": variant, "layout": "steps", "kind": kind, **settings, **options})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["vae", "ladder", "ae", "vq", "cvae"])
def test_the_five_questions_are_answered_and_a_file_answers_alike(name: str, kind: str, tmp_path: Path) -> None:
    cells = series(kind)
    label = {"y": np.arange(40) % 2} if get(name).conditional else {}
    vae = small(name, kind).fit(cells, **label)
    assert vae.fitted_.options["context"] == KINDS[kind]
    blob = vae.compress(cells[:6])
    np.testing.assert_array_equal(vae.decompress(blob), cells[:6])
    mask = np.zeros(cells.shape, bool)
    mask[:, 4:6] = True
    filled = vae.impute(cells, mask=mask)
    assert (np.asarray(filled)[~mask] == cells[~mask]).all()
    drawn = vae.impute(cells, mask=mask, draws=2)
    assert drawn.shape == (2, *cells.shape)
    assert vae.generate(3, random_state=0).shape == (3, *cells.shape[1:])
    assert vae.denoise(cells).shape == cells.shape
    assert vae.detect(cells).where.shape == cells.shape
    vae.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(np.asarray(again.impute(cells, mask=mask)), np.asarray(filled))
    np.testing.assert_array_equal(again.decompress(blob), cells[:6])
    assert (again.layout, again.schema_.sequential) == ("steps", True)


@pytest.mark.parametrize("kind", KINDS)
def test_resumed_training_of_the_stage_equals_uninterrupted_training(kind: str, tmp_path: Path) -> None:
    def stop(row: Any) -> None:
        if row["stage"] == "context" and not stopped:
            stopped.append(row["epoch"])
            os.kill(os.getpid(), signal.SIGINT)

    stopped = list[int]()
    whole = small("vae", kind, epochs=6).fit(series(kind))
    with pytest.raises(Interrupted):
        small("vae", kind, epochs=6).fit(series(kind), callbacks=(stop,), checkpoint=tmp_path / "run.safetensors")
    assert stopped
    resumed = small("vae", kind, epochs=6).fit(series(kind), checkpoint=tmp_path / "run.safetensors", resume=True)
    weights = resumed.fitted_.model.state_dict()
    assert all(torch.equal(t, weights[key]) for key, t in whole.fitted_.model.state_dict().items())


@pytest.mark.parametrize("kind", KINDS)
def test_training_continues_with_other_rows(kind: str) -> None:
    vae = small("vae", kind).fit(series(kind))
    more = small("vae", kind)
    more.fitted_, more.latent_dim_, more.history_ = vae.fitted_, vae.latent_dim_, vae.history_
    more.n_features_in_ = vae.n_features_in_
    more.fit(series(kind, 60), continue_training=True)
    cells = series(kind)[:3]
    filled = more.impute(cells, mask=np.arange(cells.size).reshape(cells.shape) % 5 == 0)
    assert np.isfinite(np.asarray(filled, dtype=float)).all()


@pytest.mark.parametrize(
    ("cells", "options", "expected"),
    [
        (np.zeros((4, 9, 2)), {}, "steps"),
        (np.zeros((4, 9)), {}, "steps"),
        (np.zeros((4, 9, 33)), {}, "none"),
        (np.zeros((4, 9), dtype=int), {"kind": "token"}, "tokens"),
        (np.zeros((4, 9, 2), dtype=int), {"kind": "token"}, "none"),
        (np.zeros((4, 9), dtype=bool), {}, "none"),
    ],
)
def test_series_have_the_decoder_of_their_cells_by_default(cells: Any, options: dict[str, str], expected: str) -> None:
    schema = Schema.infer(cells, sequential=True, **options)
    assert context_for("auto", schema, get("vae")(), "fast") == expected


@pytest.mark.parametrize("context", ["steps", "tokens"])
def test_rows_without_steps_are_refused_in_one_sentence(context: str) -> None:
    with pytest.raises(InputError, match=rf"context='{context}' needs .*layout='steps'.*, got rows of"):
        VAE(context=context).fit(np.random.default_rng(0).normal(size=(30, 4)))
