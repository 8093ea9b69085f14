"""Where denoising begins: a guide that is far off does not take the answer with it."""

import copy

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Batch, Rows
from quintet.inference.starting_latents import Corrupted, best_start
from quintet.models.fitted import Fitted
from quintet.noise import Noise
from quintet.tasks.denoise.denoise import denoise, noise_for


@pytest.fixture(scope="module")
def misled(trained: VAE) -> Fitted:
    """A model whose guide points far away from every row."""
    fitted = copy.deepcopy(trained.fitted_)
    assert fitted.guide is not None
    with torch.no_grad():
        for part in (fitted.guide.head, fitted.guide.parts):
            for parameter in part.parameters():
                parameter.zero_()
        next(p for name, p in fitted.guide.head.named_parameters() if name.endswith("bias")).fill_(3.0)
    return fitted


def soiled(fitted: Fitted, clean: np.ndarray, rate: float) -> tuple[Rows, torch.Tensor]:
    x = Rows.of(clean, fitted.schema).batch(slice(None)).x
    return Rows(noise_for(fitted, "replacement").corrupt(x, rate, Noise(7)).to(torch.uint8)), x


def started(fitted: Fitted, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """log p(x̃, z) at the guide's peak and at the start that was chosen, the start's rates, and its places."""
    assert fitted.guide is not None
    rows = Corrupted(noise_for(fitted, "replacement"), batch.x, batch.observed, None, 0.2, True)
    guided = fitted.guide.posterior(batch.x, torch.full_like(batch.x, 0.8))
    found = []
    with torch.no_grad():
        rate = rows.improved(fitted.model.decode(guided.peak.loc), torch.full((len(batch.x),), 0.2))
        chosen, rates = best_start(fitted, rows, guided, rate)
        for q, share in ((guided, rate), (chosen, rates)):
            z = q.peak.loc
            found.append((rows.seen(fitted.model.decode(z), share) + fitted.model.log_prior(z))[0])
    return found[0], found[1], rates, chosen.peak.loc[0]


def test_a_start_explains_at_least_what_the_guide_explains(trained: VAE, misled: Fitted, held_out: np.ndarray) -> None:
    for fitted in (trained.fitted_, misled):
        rows, _ = soiled(fitted, held_out[:40], 0.1)
        guide, start, rates, _ = started(fitted, rows.batch(slice(None)))
        assert (start >= guide - 1e-3).all()
        assert ((rates > 0) & (rates < 1)).all()
    assert (start - guide).median() > 20


def test_a_useless_guide_costs_little(trained: VAE, misled: Fitted, held_out: np.ndarray) -> None:
    rows, truth = soiled(misled, held_out[:64], 0.1)
    errors = [
        float((denoise(f, rows, noise="replacement", batch_rows=64).x.float() - truth).square().mean())
        for f in (trained.fitted_, misled)
    ]
    seen = float((rows.values.float() - truth).square().mean())
    assert errors[0] < 0.5 * seen
    assert errors[1] < 1.5 * errors[0]


def test_a_rows_start_does_not_depend_on_how_many_others_lost(misled: Fitted, held_out: np.ndarray) -> None:
    rows, _ = soiled(misled, held_out[:17], 0.1)
    turned = rows.take(torch.arange(16, -1, -1))  # the last row, searched alone, is now searched among sixteen
    whole, other = (started(misled, each.batch(slice(None)))[3] for each in (rows, turned))
    assert torch.equal(whole, other.flip(0))
