"""The VampPrior: its gap, its pseudo-inputs, and where they start."""

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.recipe import StepContext
from quintet.networks import choose_network
from quintet.noise import Noise
from quintet.variants.vae import Vae
from quintet.variants.vamp import Vamp
from tests.variants.prior_gap import digits, gap, trained


def test_the_gap_to_the_aggregated_posterior_shrinks() -> None:
    assert gap(Vamp()) < 0.7 * gap(Vae())
    assert gap(Vamp(exemplars=True)) < 0.7 * gap(Vae())


def test_the_prior_is_the_mean_of_the_pseudo_inputs_posteriors() -> None:
    model = trained(Vamp()).fitted_.model
    x = model.prior.inputs
    q = model.posterior(x, torch.ones_like(x, dtype=torch.bool))
    z = torch.tensor([[[0.3, -0.7]]])
    truth = q.log_prob(z).sum(-1).exp().mean().log()
    assert model.log_prior(z).item() == pytest.approx(truth.item(), abs=1e-5)
    assert x.min() >= 0
    assert x.max() <= 16


def test_exemplars_start_at_rows_once_and_leave_unobserved_cells() -> None:
    X = digits()[:5]
    schema = Schema.infer(X)
    model = Vamp(pseudo_inputs=7).build(schema, 2, choose_network("mlp", schema.shape)).model
    mask = np.zeros(X.shape, bool)
    mask[:, 0] = True
    batch, before = Rows.of(X, schema, mask=mask).batch(slice(None)), model.prior.inputs.clone()
    model.prior.start_at(batch)
    after = model.prior.inputs
    assert torch.equal(after[:, :, 0], before[:, :, 0])
    assert (after[:5, :, 1:] - batch.x[:, :, 1:]).abs().max() < 0.02 * 16 + 1e-4
    assert torch.equal(after[5:], torch.where(torch.from_numpy(mask[:2, None]), before[5:], after[:2]))
    model.prior.start_at(Rows.of(digits()[50:60], schema).batch(slice(None)))
    assert torch.equal(model.prior.inputs, after)


@pytest.mark.parametrize("exemplars", [True, False])
def test_the_first_step_of_training_starts_exemplars_and_no_others(exemplars: bool) -> None:
    schema = Schema.infer(digits()[:9])
    recipe = Vamp(pseudo_inputs=9, exemplars=exemplars).build(schema, 2, choose_network("mlp", schema.shape))
    batch, before = Rows.of(digits()[:9], schema).batch(slice(None)), recipe.model.prior.inputs.clone()
    recipe.model.train()
    recipe.stages[0].groups[0].loss(batch, Noise(0), StepContext(0, 10))
    after = recipe.model.prior.inputs
    assert torch.equal(after, before) is not exemplars
    assert bool(((after - batch.x).abs().max() < 0.5).item()) is exemplars


def test_rows_of_any_kind_have_pseudo_inputs_in_their_range() -> None:
    X = np.random.default_rng(0).normal(size=(40, 3)) * [1, 50, 0] + [0, 900, 4]
    vae = VAE(Vamp(pseudo_inputs=5), latent_dim=2, epochs=1, network={"kind": "mlp", "hidden": (8,)}).fit(X)
    assert np.isfinite(vae.log_prob(X)).all()
    assert vae.generate(4).shape == (4, 3)


@pytest.mark.parametrize("count", [0, 1.5, False])
def test_a_number_of_pseudo_inputs_that_is_none_is_refused(count: object) -> None:
    with pytest.raises(InputError, match=r"pseudo_inputs must be (a whole number|at least 1)"):
        Vamp(pseudo_inputs=count)  # type: ignore[arg-type]
