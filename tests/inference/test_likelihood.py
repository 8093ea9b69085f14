"""log p(x) against closed forms, and what it must not depend on."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError, Unanswerable
from quintet.evaluate.summary import evaluate
from quintet.inference import likelihood
from quintet.inference.likelihood import elbo, log_prob, log_weights, terms, units
from quintet.models.fitted import Fitted
from quintet.models.flat import Flat
from quintet.networks import choose_likelihood, choose_network
from tests.shared import hardly_measured

DIGITS = load_digits()
X, Y = DIGITS.images.astype(np.uint8), DIGITS.target
SMALL = {
    "network": {"kind": "mlp", "hidden": (64,)},
    "latent_dim": 4,
    "epochs": 15,
    "random_state": 0,
    "calibration": 0.0,
}
CELLS, LATENTS, VARIANCE = 5, 2, 0.5  # the "mse" likelihood is a normal of variance 1/2


def linear_gaussian(gap: float) -> tuple[Fitted, Rows, np.ndarray]:
    """x = W z + b + noise with orthogonal columns, so that the true posterior is a diagonal normal; and log p(x).

    ``gap`` shifts the encoder's means off the true posterior's: 0 makes the bound tight.
    """
    rng = np.random.default_rng(0)
    w = np.linalg.qr(rng.normal(size=(CELLS, LATENTS)))[0] * [1.5, 0.7]
    b = rng.normal(size=CELLS)
    x = rng.normal(size=(50, LATENTS)) @ w.T + b + math.sqrt(VARIANCE) * rng.normal(size=(50, CELLS))
    schema = Schema.infer(x).model_copy(update={"loc": (0.0,) * CELLS, "scale": (1.0,) * CELLS})
    network = choose_network((lambda shape: nn.Flatten(), _decoder), schema.shape)
    model = Flat(schema, LATENTS, network, choose_likelihood("mse", "real", 256, 1)).eval().requires_grad_(False)
    spread = 1 / (1 + np.square(w).sum(0) / VARIANCE)
    to_mean = spread[:, None] * w.T / VARIANCE
    linear, out = model.head.head, model.decoder[0]
    linear.weight.copy_(torch.tensor(np.concatenate([to_mean, np.zeros_like(to_mean)])))
    linear.bias.copy_(torch.tensor(np.concatenate([gap - to_mean @ b, np.log(spread) / 2])))
    out.weight.copy_(torch.tensor(w))
    out.bias.copy_(torch.tensor(b))
    covariance = w @ w.T + VARIANCE * np.eye(CELLS)
    truth = torch.distributions.MultivariateNormal(torch.tensor(b), torch.tensor(covariance)).log_prob(torch.tensor(x))
    return Fitted(schema, model), Rows.of(x, schema), truth.numpy()


def _decoder(latent_dim: int, out_shape: tuple[int, ...]) -> nn.Module:
    return nn.Linear(latent_dim, math.prod(out_shape))


def test_a_tight_bound_is_the_closed_form() -> None:
    fitted, rows, truth = linear_gaussian(gap=0.0)
    assert log_prob(fitted, rows, 3).numpy() == pytest.approx(truth, abs=1e-3)
    assert log_weights(fitted, rows, 5).std(1).max() < 1e-3
    assert elbo(fitted, rows, draws=2000).numpy() == pytest.approx(truth, abs=0.15)
    assert elbo(fitted, rows, draws=2000).mean().item() == pytest.approx(truth.mean(), abs=0.02)


def test_the_bounds_rise_to_log_p() -> None:
    """ELBO < IW-5 < IW-50 < log p(x); the gap of the first is KL(q ‖ true posterior), known here too."""
    fitted, rows, truth = linear_gaussian(gap=0.5)
    weights = log_weights(fitted, rows, 4000)
    bounds = [(weights.unflatten(1, (-1, k)).logsumexp(2) - math.log(k)).mean().item() for k in (1, 5, 50)]
    spread = fitted.model.posterior(rows.values, torch.ones_like(rows.values, dtype=torch.bool)).variance[0, 0]
    divergence = float((0.5**2 / spread).sum() / 2)
    assert bounds[0] == pytest.approx(truth.mean() - divergence, abs=0.05)
    assert bounds[0] < bounds[1] - 0.05 < bounds[2] - 0.05 < truth.mean()
    assert elbo(fitted, rows, draws=500).mean().item() == pytest.approx(bounds[0], abs=0.05)
    assert log_prob(fitted, rows, 4000).numpy() == pytest.approx(truth, abs=0.25)


def test_missing_cells_are_integrated_out() -> None:
    """log p of the observed cells alone, in closed form: a missing cell is no zero."""
    fitted, rows, _ = linear_gaussian(gap=0.0)
    model = fitted.model
    w, b = model.decoder[0].weight.double(), model.decoder[0].bias.double()
    observed = torch.ones_like(rows.values, dtype=torch.bool)
    observed[:, 3:] = False
    held = Rows(rows.values.masked_fill(~observed, 1e4), observed)
    truth = torch.distributions.MultivariateNormal(b[:3], (w @ w.T + VARIANCE * torch.eye(5))[:3, :3])
    expected = truth.log_prob(rows.values[:, :3].double())
    assert log_prob(fitted, held, 20_000, batch_rows=10).mean().item() == pytest.approx(expected.mean().item(), abs=0.1)


@pytest.fixture(scope="module")
def vae() -> VAE:
    with hardly_measured():
        return VAE(**SMALL).fit(X[:700])


def rows_of(vae: VAE, x: np.ndarray, **given: np.ndarray) -> Rows:
    return Rows.of(x, vae.fitted_.schema, **given)


def test_terms_add_up_and_bounds_are_in_order(vae: VAE) -> None:
    rows = rows_of(vae, X[700:900])
    found = terms(vae.fitted_, rows, draws=100)
    assert torch.allclose(found["elbo"], -found["distortion"] - found["rate"], atol=1e-3)
    assert (found["rate"] >= 0).all()
    weights = log_weights(vae.fitted_, rows, 100)
    assert found["elbo"].mean().item() == pytest.approx(weights.mean().item(), abs=0.5)
    assert found["elbo"].mean() < log_prob(vae.fitted_, rows).mean() < 0


def test_a_row_does_not_depend_on_its_batch(vae: VAE) -> None:
    rows = rows_of(vae, X[700:760])
    for ask in (log_prob, elbo):
        whole = ask(vae.fitted_, rows, batch_rows=32)
        part = ask(vae.fitted_, rows.take(torch.tensor([41, 3])), batch_rows=32)
        assert torch.equal(part, whole[[41, 3]])
        assert torch.allclose(ask(vae.fitted_, rows, batch_rows=7), whole, atol=1e-3)


@pytest.mark.parametrize(("rows", "draws"), [(1, 100), (3, 100), (300, 2), (7, 600)])
def test_as_many_pairs_of_a_draw_and_a_row_are_decoded_as_are_asked_for(
    vae: VAE, monkeypatch: pytest.MonkeyPatch, rows: int, draws: int
) -> None:
    """A chunk of rows is padded; its padding is not decoded once for each draw."""
    decoded, decode = [], vae.fitted_.model.decode

    def counted(z: Tensor, condition: Tensor | None = None) -> Any:
        decoded.append(z.shape[0] * z.shape[1])
        return decode(z, condition)

    monkeypatch.setattr(vae.fitted_.model, "decode", counted)
    found = log_weights(vae.fitted_, Rows.of(X[:rows], vae.fitted_.schema), draws)
    assert found.shape == (rows, draws)
    assert found.isfinite().all()
    assert len(set(decoded)) == 1, "tiles of one size"
    assert rows * draws <= sum(decoded) < rows * draws + likelihood.PAIRS * -(-rows // 256)


def test_weights_of_many_rows_are_not_held_together(vae: VAE, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, held = rows_of(vae, X[700:800]), []

    def recorded(fitted: Fitted, rows: Rows, draws: int, **options: Any) -> Tensor:
        held.append(len(rows) * draws)
        return log_weights(fitted, rows, draws, **options)

    monkeypatch.setattr(likelihood, "log_weights", recorded)
    figures = evaluate(vae.fitted_, rows, draws=20, batch_rows=16)
    whole = log_prob(vae.fitted_, rows, 20, batch_rows=16)
    assert held == [2000, 2000]
    monkeypatch.setattr(likelihood, "WEIGHTS", 700)
    assert torch.equal(log_prob(vae.fitted_, rows, 20, batch_rows=16), whole)
    assert max(held[2:]) <= 700
    again = evaluate(vae.fitted_, rows, draws=20, batch_rows=16)
    assert [again[name] for name in ("iw_bound", "log_prob")] == pytest.approx(
        [figures["iw_bound"], figures["log_prob"]]
    )
    assert figures["log_prob"] == pytest.approx(whole.double().mean().item(), rel=1e-6)
    assert log_prob(vae.fitted_, rows.take(slice(0, 0))).shape == (0,)


def test_unobserved_cells_have_no_influence(vae: VAE) -> None:
    mask = np.random.default_rng(0).random(X[700:740].shape) < 0.4
    other = np.where(mask, 16 - X[700:740], X[700:740]).astype(np.uint8)
    for ask in (log_prob, elbo):
        one, two = (ask(vae.fitted_, rows_of(vae, x, mask=mask)) for x in (X[700:740], other))
        assert torch.equal(one, two)
        assert (one > ask(vae.fitted_, rows_of(vae, X[700:740]))).all()  # fewer cells, fewer nats


def test_densities_are_in_the_users_units() -> None:
    """A table in other units: log p falls by the log of the units' ratio for each observed cell."""
    rng = np.random.default_rng(0)
    table = rng.normal(size=(200, 3))
    factors = np.array([10.0, 0.1, 1000.0])
    one, two = VAE(**SMALL).fit(table), VAE(**SMALL).fit(table * factors)
    mask = np.zeros_like(table, dtype=bool)
    mask[:, 2] = True
    for given, shift in (({}, np.log(factors).sum()), ({"mask": mask}, np.log(factors[:2]).sum())):
        first = log_prob(one.fitted_, rows_of(one, table, **given), 10)
        second = log_prob(two.fitted_, rows_of(two, table * factors, **given), 10)
        assert (first - second).numpy() == pytest.approx(shift, abs=1e-2)
    assert units(two.fitted_.schema).shape == (3,)


def test_binary_rows_sum_to_one() -> None:
    """Over all 2⁴ rows the probabilities of a Bernoulli model sum to one."""
    rng = np.random.default_rng(0)
    vae = VAE(**{**SMALL, "epochs": 5}).fit((rng.random((300, 4)) < [0.2, 0.5, 0.8, 0.5]).astype(np.uint8))
    every = np.array([[i >> k & 1 for k in range(4)] for i in range(16)], dtype=np.uint8)
    total: Tensor = log_prob(vae.fitted_, rows_of(vae, every), 2000).exp().sum()
    assert total.item() == pytest.approx(1, abs=0.03)


def test_a_conditional_model_sums_over_its_conditions() -> None:
    vae = VAE("cvae", **SMALL).fit(X[:700], Y[:700])
    each = torch.stack(
        [log_prob(vae.fitted_, rows_of(vae, X[700:720], y=np.full(20, c)), 30) for c in range(10)], dim=1
    )
    assert vae.fitted_.schema.condition is not None
    _, weight = vae.fitted_.schema.condition.support()
    free = log_prob(vae.fitted_, rows_of(vae, X[700:720]), 30)
    assert torch.allclose(free, (each + weight).logsumexp(1), atol=1e-3)
    assert (elbo(vae.fitted_, rows_of(vae, X[700:720])) <= free + 3).all()


def test_a_point_posterior_asks_the_guide() -> None:
    vae = VAE("ae", **SMALL).fit(X[:500])
    found = log_prob(vae.fitted_, rows_of(vae, X[500:520]))
    assert found.isfinite().all()
    vae.fitted_.guide = None
    with pytest.raises(Unanswerable, match="no partial encoder"):
        log_prob(vae.fitted_, rows_of(vae, X[500:520]))


@pytest.mark.parametrize("draws", [0, -1, 2.5, True, "3"])
def test_draws_are_a_whole_number(vae: VAE, draws: object) -> None:
    with pytest.raises(InputError, match="draws must be an integer from 1"):
        log_prob(vae.fitted_, rows_of(vae, X[:2]), draws)  # type: ignore[arg-type]


def test_no_rows(vae: VAE) -> None:
    none = rows_of(vae, X[:2]).take(slice(0, 0))
    assert log_prob(vae.fitted_, none).shape == elbo(vae.fitted_, none).shape == (0,)
