"""vrae: series and tokens are read in order; teacher forcing shows the past and no more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from quintet import VAE, load
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.distributions.chain import Chain, Known
from quintet.errors import InputError
from quintet.models.objectives.elbo import ELBO
from quintet.models.recipe import Recipe
from quintet.networks import choose_likelihood
from quintet.networks.recurrent import Reading, Recurrent
from quintet.noise import Noise
from quintet.training import Training, fit
from quintet.variants.vrae import Vrae

NETWORK = {"kind": "recurrent", "hidden": 16}


def digits() -> np.ndarray[Any, Any]:
    return load_digits().images.astype(np.uint8)


@pytest.mark.parametrize("shape", [(7,), (1, 3, 4), (2, 3, 4)])
@pytest.mark.parametrize("steps", ["rows", "columns", "pixels"])
def test_reading_and_writing_are_inverse_and_in_order(shape: tuple[int, ...], steps: str) -> None:
    reading = Reading(shape, steps)
    x = torch.arange(2 * 3 * int(np.prod(shape))).reshape(2, 3 * shape[0], *shape[1:])
    split = reading.split(x)
    assert split.shape == (2, reading.length, 3 * reading.width)
    torch.testing.assert_close(reading.join(split, 3).reshape(x.shape), x)
    image = torch.arange(12).reshape(1, 1, 3, 4)
    first = {"rows": [0, 1, 2, 3], "columns": [0, 4, 8], "pixels": [0]}[steps]
    assert Reading((1, 3, 4), steps).split(image)[0, 0].tolist() == first


def forced_model(tokens: bool = False, levels: int = 5) -> Any:
    X = np.random.default_rng(0).integers(0, levels, (20, 6)).astype(np.uint8)
    schema = Schema.infer(X)
    variant = Vrae(teacher_forcing=True, likelihood="categorical" if tokens else "discretized")
    torch.manual_seed(0)
    return variant.build(schema, 3, Recurrent(hidden=8)).model.eval()


@pytest.mark.parametrize("tokens", [False, True])
def test_a_step_sees_the_steps_before_it_and_no_others(tokens: bool) -> None:
    model = forced_model(tokens)
    z, x = torch.randn(1, 1, 3), torch.tensor([[1.0, 2, 3, 4, 0, 1]])
    likelihood = model.decode(z)
    before = likelihood.log_prob(x)[0, 0]
    for step in range(6):
        other = x.clone()
        other[0, step] = (x[0, step] + 2) % 5
        moved = (likelihood.log_prob(other)[0, 0] - before).abs() > 1e-7
        assert not moved[:step].any()
        assert moved[step + 1 :].all() or step == 5
        both = [likelihood.terms(rows, torch.arange(6)[None] != step)[0, 0] for rows in (x, other)]
        assert torch.equal(*(torch.cat([b[:step], b[step + 1 :]]) for b in both))


def test_the_autoregressive_mass_sums_to_one_and_draws_follow_it() -> None:
    X = np.random.default_rng(0).integers(0, 3, (20, 4)).astype(np.uint8)
    schema = Schema.infer(X)
    torch.manual_seed(1)
    model = Vrae(teacher_forcing=True, likelihood="categorical").build(schema, 2, Recurrent(hidden=8)).model.eval()
    with torch.no_grad():
        for parameter in model.decoder.parameters():
            parameter.mul_(6)  # so that steps lean on each other
    rows = torch.cartesian_prod(*[torch.arange(3.0)] * 4)
    z = torch.zeros(1, 1, 2)
    mass = model.decode(z.expand(1, len(rows), 2)).log_prob(rows)[0].sum(1).exp()
    assert float(mass.sum().detach()) == pytest.approx(1, abs=1e-5)
    drawn = model.decode(z).sample(Noise(0, draws=20000))[:, 0]
    place = (drawn.detach() @ torch.tensor([27.0, 9, 3, 1])).long()
    seen = torch.bincount(place, minlength=81) / len(place)
    assert 0.5 * (seen - mass).abs().sum() < 0.04  # total variation; 81 cells and 20,000 draws give about 0.02
    apart = model.decode(z).independent.log_prob(rows[:, None]).sum(-1)[:, 0].exp()
    assert (seen - mass).abs().sum() < 0.5 * (seen - apart).abs().sum()  # and not the product along the path


@pytest.mark.parametrize("steps", [None, "rows", "columns", "pixels"])
def test_one_pass_scores_and_draws_are_those_of_the_chain_of_steps(steps: str | None) -> None:
    """The masked pass and the carried state change what is computed, not the distribution."""
    X = np.random.default_rng(0).integers(0, 5, (20, 3, 2) if steps else (20, 6)).astype(np.uint8)
    schema = Schema.infer(X)
    torch.manual_seed(2)
    variant = Vrae(steps=steps or "auto", teacher_forcing=True, likelihood="discretized" if steps else "categorical")
    model = variant.build(schema, 2, Recurrent(hidden=8)).model.eval().requires_grad_(False)
    z = torch.randn(1, 20, 2)
    chain = model.decode(z)
    assert isinstance(chain, Chain)
    assert sorted(cell for group in chain.groups for cell in group) == list(range(6))
    x = torch.from_numpy(X).float().reshape(20, *schema.shape)
    observed = torch.rand(x.shape) < 0.7
    by_group = replace(chain, in_one_pass=None)
    for seen in (torch.ones_like(observed), observed):
        one, two = (each.terms(x, seen)[0][seen] for each in (chain, by_group))
        torch.testing.assert_close(one, two)
    visible, unseen = observed[None].float(), torch.where(observed, x, torch.nan)
    given = model.decode(z, None, x[None], visible)
    assert torch.equal(given.sample(Noise(0))[0][observed], x[observed])
    assert torch.equal(model.decode(z, None, unseen[None], visible).mean, given.mean)
    known = replace(by_group, known=Known(x[None], visible))
    terms = known.terms(x, torch.ones_like(observed))[0]
    assert not terms[observed].any()
    assert (terms[~observed] < 0).all()


def waves(n: int, seed: int) -> np.ndarray[Any, Any]:
    """Sines of 16 steps, the frequency and the phase drawn."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0.2, 0.6, (n, 1)) * np.arange(16) + rng.uniform(0, 6.3, (n, 1))
    return np.sin(phase) + rng.normal(0, 0.05, (n, 16))


def test_teacher_forcing_predicts_a_series_better_and_word_dropout_keeps_the_latents() -> None:
    X = waves(300, 0)
    schema = Schema.infer(X)
    rows, held = Rows.of(X, schema), Rows.of(waves(100, 1), schema).batch(slice(None))
    plan = Training(epochs=25, batch_size=50, learning_rate=1e-2, precision="fp32")
    bounds, rates = {}, {}
    for name, options in {
        "free": Vrae(),
        "forced": Vrae(teacher_forcing=True, word_dropout=0.0),
        "dropped": Vrae(teacher_forcing=True, word_dropout=0.7),
    }.items():
        torch.manual_seed(0)
        recipe = options.build(schema, 3, Recurrent(hidden=24))
        fit(Recipe(recipe.model, recipe.stages[:1]), rows, None, plan, 0)
        with torch.no_grad():
            found = ELBO()(held.x, held.observed, recipe.model.eval().draw(held.x, held.observed, Noise(0, draws=8)))
        assert found.rate is not None
        bounds[name], rates[name] = float(-found.loss.mean()), float(found.rate.sum(1).mean())
    assert bounds["forced"] > bounds["free"] + 3
    assert rates["dropped"] > rates["forced"] + 2


def test_series_of_several_numbers_are_steps_of_an_image_and_images_without_a_word_are_refused() -> None:
    X = waves(60, 0).reshape(60, 8, 2)
    with pytest.raises(InputError, match="steps must be 'rows'"):
        VAE("vrae", epochs=1).fit(X)
    with pytest.raises(InputError, match="leave it out"):
        VAE(Vrae(steps="rows"), epochs=1).fit(X.reshape(60, 16))
    X[5, 2] = np.nan
    vae = VAE(Vrae(steps="rows", teacher_forcing=True), latent_dim=2, network=NETWORK, epochs=2).fit(X)
    assert np.isfinite(vae.impute(X[:10])).all()


def test_teacher_forced_models_answer_all_five_questions_and_come_back_from_a_file(tmp_path: Any) -> None:
    X = digits()[:, 2:6, 2:6].reshape(-1, 16)
    options = Vrae(teacher_forcing=True, likelihood="categorical")
    vae = VAE(options, latent_dim=3, network={**NETWORK, "cell": "lstm"}, epochs=2).fit(X[:120])
    rows, mask = X[200:204], np.arange(16) % 3 == 0
    np.testing.assert_array_equal(vae.decompress(vae.compress(rows)), rows)
    vae.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    for one in (vae, again):
        assert one.generate(3).dtype == np.uint8
    np.testing.assert_array_equal(vae.impute(rows, mask=mask), again.impute(rows, mask=mask))
    np.testing.assert_array_equal(vae.score_samples(rows), again.score_samples(rows))
    assert len(vae.detect(rows, fdr=0.9).scores) == 4
    assert np.isfinite(vae.denoise(rows)).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [({"steps": "row"}, "rows"), ({"teacher_forcing": 1}, "True or False"), ({"word_dropout": 2.0}, r"0\.\.1")],
)
def test_options_are_checked(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Vrae(**options)
    with pytest.raises(InputError, match="lstm"):
        Recurrent(cell="lstn")


def test_categorical_likelihood_learns_each_level() -> None:
    head = choose_likelihood("categorical", "image8", 7)
    assert head.parameters == 7
    likelihood = head.head(torch.randn(2, 3, 7, 4))
    total = sum(likelihood.log_prob(torch.full((3, 4), float(level))).exp() for level in range(7))
    torch.testing.assert_close(total, torch.ones(2, 3, 4))
