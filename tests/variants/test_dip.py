"""DIP-VAE: the covariance moves to the identity, that of the means in kind I, of the latents in kind II."""

import numpy as np
import pytest
import torch

from quintet.distributions import Normal
from quintet.errors import InputError
from quintet.models.base import Layer, ModelOutput
from quintet.models.objectives.elbo import ELBO
from quintet.models.objectives.moments import Moments, covariance
from quintet.models.recipe import StepContext
from quintet.noise import Noise
from quintet.variants.dip import Dip
from tests.variants.codes import DIGITS, LATENTS, Array, drawn, fitted, plain


def gap(codes: Array) -> float:
    """Frobenius distance of the covariance of the codes from the identity."""
    return float(np.linalg.norm(np.cov(codes.T) - np.eye(LATENTS)))


def test_the_covariance_of_the_means_moves_to_the_identity_in_kind_one() -> None:
    pressed = fitted(Dip(kind="I", off_diagonal=50.0))
    assert gap(pressed.transform(DIGITS)) < gap(plain().transform(DIGITS)) / 2


def test_the_covariance_of_the_latents_moves_to_the_identity_in_kind_two() -> None:
    assert gap(drawn(fitted(Dip()))) < gap(drawn(plain())) / 2


@pytest.mark.parametrize("kind", ["I", "II"])
def test_the_penalty_is_the_formula(kind: str) -> None:
    noise = Noise(3)
    q = Normal(noise.normal(9, 3).double(), 0.2 + noise.uniform(9, 3).double())
    prior = Normal(torch.zeros(1, 1, 3), torch.ones(1, 1, 3), standard=True)
    z, x = q.sample(noise), torch.zeros(9, 1, dtype=torch.float64)
    draw = ModelOutput((Layer(z, q, prior),), Normal(z[..., :1], torch.ones(1, dtype=torch.float64)))
    seen, context = torch.ones_like(x, dtype=torch.bool), StepContext(rate_weight=0.5)
    found = Moments(kind, 3.0, 7.0)(x, seen, draw, context)
    matrix = np.cov(q.loc[0].numpy().T) + (kind == "II") * np.diag(np.square(q.scale[0].numpy()).mean(0))
    on = np.square(np.diag(matrix) - 1).sum()
    off = np.square(matrix).sum() - np.square(np.diag(matrix)).sum()
    expected = ELBO()(x, seen, draw, context).loss + 0.5 * (3 * off + 7 * on)
    torch.testing.assert_close(found.loss, expected)


def test_a_single_row_has_no_covariance() -> None:
    assert not covariance(torch.ones(1, 4)).any()


def test_options_are_refused_in_a_sentence() -> None:
    for wrong in ({"kind": "III"}, {"off_diagonal": -1.0}, {"diagonal": -1.0}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            Dip(**wrong)
