"""InfoVAE: the aggregate posterior falls on the prior, and a row's latents say more at the same price of the whole."""

import numpy as np
import pytest

from quintet.errors import InputError
from quintet.variants.info import Info
from tests.variants.codes import Array, drawn, fitted, plain


def discrepancy(z: Array) -> float:
    """Squared discrepancy from N(0, I) under exp(-d²/(2 latents)), the prior's part in closed form; biased by 1/n.

    E k(z, w) = (s/(s+1))^(d/2) exp(-|z|²/(2 (s+1))) for w ~ N(0, I) and k = exp(-|z-w|²/(2 s)), s = d the latents.
    """
    latents = z.shape[1]
    squares = np.square(z).sum(1)
    pairs = np.exp(-(squares[:, None] + squares - 2 * z @ z.T) / (2 * latents)).mean()
    across = (latents / (latents + 1)) ** (latents / 2) * np.exp(-squares / (2 * (latents + 1))).mean()
    prior = (latents / (latents + 2)) ** (latents / 2)
    return float(pairs + prior - 2 * across)


def test_the_plain_figure_is_nought_for_the_prior() -> None:
    z = np.random.default_rng(0).normal(size=(2000, 4))
    assert discrepancy(z) == pytest.approx(0.0, abs=1e-3)
    assert discrepancy(z + 1) > 0.05


@pytest.mark.parametrize("kernel", ["imq", "rbf"])
def test_the_discrepancy_of_the_aggregate_posterior_falls(kernel: str) -> None:
    before, after = (discrepancy(drawn(vae)) for vae in (plain(), fitted(Info(kernel=kernel))))
    assert after < before / 5


def test_the_more_of_the_rate_is_given_up_the_more_a_row_s_latents_say() -> None:
    kept, given = (
        fitted(Info(alpha=alpha, lambda_=300.0 - alpha)).history_.stage("joint")[-1]["rate"] for alpha in (0.0, 1.0)
    )
    assert given > 1.5 * kept


def test_options_are_refused_in_a_sentence() -> None:
    for wrong in ({"alpha": 1.5}, {"lambda_": 0.2}, {"kernel": "rfb"}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            Info(**wrong)
