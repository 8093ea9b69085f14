"""β-TCVAE: the total correlation falls, and the latents are not emptied for it."""

from quintet.variants.beta_tc import BetaTc
from tests.variants.codes import drawn, fitted, gaussian_total_correlation, plain


def test_the_total_correlation_of_the_aggregate_posterior_falls() -> None:
    fits = plain(), fitted(BetaTc(beta=8.0))
    before, after = (gaussian_total_correlation(drawn(vae)) for vae in fits)
    assert after < before / 4
    rates = [vae.history_.stage("joint")[-1]["rate"] for vae in fits]
    assert rates[1] > rates[0] / 3
