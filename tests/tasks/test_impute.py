"""Imputation: against a closed form, honest intervals, and what must not be read."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.distributions import Normal, RowMixture
from quintet.errors import InputError
from quintet.models.fitted import Fitted
from quintet.models.flat import Flat
from quintet.networks import choose_likelihood, choose_network
from quintet.tasks.generate import generate
from quintet.tasks.impute import impute, interval_ranks


def _decoder(latent_dim: int, out_shape: tuple[int, ...]) -> nn.Module:
    return nn.Linear(latent_dim, math.prod(out_shape))


def hidden(x: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(x.shape) < share


def rows_of(vae: VAE, x: np.ndarray, mask: np.ndarray) -> Rows:
    return Rows.of(x, vae.fitted_.schema, mask=mask)


class _Exact(nn.Module):
    """p(z | cells seen) of the linear Gaussian model with weights w and variance 1/2, as a guide or an encoder."""

    def __init__(self, w: torch.Tensor) -> None:
        super().__init__()
        self.w = w

    def normal(self, x: torch.Tensor, trust: torch.Tensor) -> Normal:
        seen = trust.float()
        precision = torch.eye(2) + torch.einsum("nc,ci,cj->nij", seen, self.w, self.w) / 0.5
        mean = torch.linalg.solve(precision, torch.einsum("nc,ci->ni", seen * x.nan_to_num(), self.w) / 0.5)
        scale = torch.linalg.inv(precision).diagonal(dim1=1, dim2=2).sqrt()
        return Normal(mean[None], scale[None])

    def posterior(self, x: torch.Tensor, trust: torch.Tensor, condition: None = None) -> RowMixture:
        return RowMixture.of(self.normal(x, trust))


@pytest.mark.parametrize("effort", ["low", "high"])
def test_a_linear_gaussian_model_gives_the_conditional_mean_and_spread(
    effort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    w = rng.normal(size=(6, 2))
    schema = Schema.infer(rng.normal(size=(9, 6))).model_copy(update={"loc": (0.0,) * 6, "scale": (1.0,) * 6})
    network = choose_network((lambda shape: nn.Flatten(), _decoder), schema.shape)
    model = Flat(schema, 2, network, choose_likelihood("mse", "real", 256, 1)).requires_grad_(False).eval()
    model.decoder[0].weight.copy_(torch.tensor(w))
    model.decoder[0].bias.zero_()
    exact = _Exact(torch.tensor(w).float())
    monkeypatch.setattr(model, "posterior", lambda x, observed, condition=None: exact.normal(x, observed))
    fitted = Fitted(schema, model, exact)  # type: ignore[arg-type]
    x = rng.normal(size=(40, 2)) @ w.T + math.sqrt(0.5) * rng.normal(size=(40, 6))
    mask = np.zeros(6, bool)
    mask[[1, 4]] = True
    covariance = w @ w.T + 0.5 * np.eye(6)
    gain = covariance[np.ix_(mask, ~mask)] @ np.linalg.inv(covariance[np.ix_(~mask, ~mask)])
    spread = np.sqrt(np.diag(covariance[np.ix_(mask, mask)] - gain @ covariance[np.ix_(~mask, mask)]))
    found = impute(fitted, Rows.of(x, schema, mask=np.broadcast_to(mask, x.shape)), draws=300, effort=effort)
    error = np.square(found.mean[:, mask].numpy() - x[:, ~mask] @ gain.T).mean()
    found_spread = found.draws[:, :, mask].std(1).mean(0).numpy()
    print(effort, error, found_spread, spread)
    assert error < 0.1**2
    assert found_spread == pytest.approx(spread, rel=0.15)


def test_observed_cells_come_back_and_draws_differ(trained: VAE, held_out: np.ndarray) -> None:
    x, mask = held_out[:20], hidden(held_out[:20], 0.5)
    found = impute(trained.fitted_, rows_of(trained, x, mask), draws=3)
    there = torch.from_numpy(~mask)[:, None]
    truth = torch.from_numpy(x).float()[:, None]
    assert torch.equal(found.mean[there], truth[there])
    for k in range(3):
        assert torch.equal(found.draws[:, k][there], truth[there])
    assert torch.equal(found.draws, found.draws.round())
    assert not torch.equal(found.draws[:, 0], found.draws[:, 1])


def test_what_stands_in_a_missing_cell_is_not_read(trained: VAE, held_out: np.ndarray) -> None:
    x, mask = held_out[:10], hidden(held_out[:10], 0.5)
    there = torch.from_numpy(~mask)[:, None]
    values = torch.from_numpy(x)[:, None]
    answers = [impute(trained.fitted_, Rows(values.masked_fill(~there, fill), there), draws=1) for fill in (0, 16)]
    assert torch.equal(answers[0].mean, answers[1].mean)
    assert torch.equal(answers[0].draws, answers[1].draws)


def test_better_than_the_cells_means_at_every_effort(trained: VAE, held_out: np.ndarray) -> None:
    mask = hidden(held_out, 0.5)
    plain = np.square(held_out - held_out.mean(0))[mask].mean()
    for effort in ("low", "normal"):
        found = impute(trained.fitted_, rows_of(trained, held_out, mask), effort=effort).mean[:, 0].numpy()
        assert np.square(held_out - found)[mask].mean() < 0.5 * plain


def test_intervals_cover_what_they_say(trained: VAE, held_out: np.ndarray) -> None:
    mask = hidden(held_out, 0.5)
    truth = torch.from_numpy(held_out).float()[:, None]
    u = interval_ranks(trained.fitted_, rows_of(trained, held_out, mask), truth)
    assert u[:, 0][torch.from_numpy(~mask)].isnan().all()
    u = u[:, 0][torch.from_numpy(mask)]
    assert ((u > 0.05) & (u < 0.95)).float().mean() == pytest.approx(0.9, abs=0.05)
    assert u.mean() == pytest.approx(0.5, abs=0.03)


def test_draws_cover_what_they_say(trained: VAE, held_out: np.ndarray) -> None:
    mask = torch.from_numpy(hidden(held_out, 0.5))
    found = impute(trained.fitted_, rows_of(trained, held_out, mask.numpy()), draws=19).draws[:, :, 0]
    truth = torch.from_numpy(held_out).float()[:, None]
    ties = torch.rand(mask.shape, generator=torch.Generator().manual_seed(0))
    rank = (found < truth).sum(1) + ties * ((found == truth).sum(1) + 1)  # 0..20, uniform for honest draws
    inside = ((rank > 1) & (rank < 19))[mask]
    assert inside.float().mean() == pytest.approx(0.9, abs=0.05)


def test_all_missing_is_generation_and_none_missing_is_identity(trained: VAE, held_out: np.ndarray) -> None:
    fitted, x = trained.fitted_, held_out[:200]
    nothing = impute(fitted, rows_of(trained, x, np.ones_like(x, bool)), draws=2)
    new = generate(fitted, 1000).x
    assert nothing.draws.mean() == pytest.approx(float(new.mean()), abs=0.5)
    assert nothing.draws.std() == pytest.approx(float(new.std()), rel=0.15)
    everything = impute(fitted, rows_of(trained, x, np.zeros_like(x, bool)), draws=1)
    assert torch.equal(everything.mean[:, 0], torch.from_numpy(x).float())
    assert torch.equal(everything.draws[:, 0, 0], torch.from_numpy(x).float())


def test_answers_do_not_depend_on_the_chunks(trained: VAE, held_out: np.ndarray) -> None:
    mask = hidden(held_out[:40], 0.5)
    rows = rows_of(trained, held_out[:40], mask)
    whole, parts = (impute(trained.fitted_, rows, draws=1, batch_rows=size) for size in (40, 16))
    assert whole.mean == pytest.approx(parts.mean, abs=0.02)
    alone = impute(trained.fitted_, rows.take(slice(0, 1)), batch_rows=16)
    assert torch.equal(alone.mean, parts.mean[:1])


def test_negative_draws_are_refused(trained: VAE, held_out: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"draws must be an integer from 0 .*, got -1"):
        impute(trained.fitted_, Rows.of(held_out[:2], trained.fitted_.schema), draws=-1)
