"""The codes as a whole fall on N(0, I); the discrepancy against a plain mean over pairs, and against draws."""

from __future__ import annotations

import math

import pytest
import torch

from quintet import VAE
from quintet.errors import InputError
from quintet.models.objectives.mmd import WIDTHS, mmd
from quintet.variants.wae import Wae
from tests.laws.models import digits
from tests.shared import unmeasured

NORMAL = torch.randn(600, 3, generator=torch.Generator().manual_seed(0))
OTHER = torch.randn(600, 3, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kernel", ["imq", "rbf"])
def test_discrepancy_is_the_mean_over_pairs_of_different_rows(kernel: str) -> None:
    a, b = NORMAL[:7].double(), 2 * OTHER[:5].double()

    def k(one: torch.Tensor, two: torch.Tensor) -> float:
        far = float((one - two).square().sum()) / 6
        each = [w / (w + far) if kernel == "imq" else math.exp(-far / w) for w in WIDTHS]
        return sum(each) / len(each)

    same = [k(a[i], a[j]) for i in range(7) for j in range(7) if i != j]
    other = [k(b[i], b[j]) for i in range(5) for j in range(5) if i != j]
    across = [k(p, q) for p in a for q in b]
    expected = sum(same) / len(same) + sum(other) / len(other) - 2 * sum(across) / len(across)
    assert float(mmd(a, b, kernel)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("kernel", ["imq", "rbf"])
def test_discrepancy_is_nought_for_one_distribution_and_grows_with_the_distance(kernel: str) -> None:
    assert abs(float(mmd(NORMAL, OTHER, kernel))) < 3e-3
    found = [float(mmd(NORMAL, OTHER + shift, kernel)) for shift in (0.3, 1.0, 3.0)]
    assert 0.005 < found[0] < found[1] < found[2]
    assert float(mmd(NORMAL, 0.5 * OTHER, kernel)) > 0.01


def test_one_row_has_a_gradient_towards_the_prior() -> None:
    z = torch.full((1, 3), 4.0, requires_grad=True)
    (slope,) = torch.autograd.grad(mmd(z, NORMAL[:100]), z)
    assert (slope > 0).all()


def test_codes_of_held_out_rows_fall_on_the_prior_as_a_plain_autoencoders_do_not() -> None:
    X = digits()[0]
    gaps = {}
    for variant in (Wae(), "ae"):
        network = {"kind": "mlp", "hidden": (32,)}
        with unmeasured():
            vae = VAE(variant, latent_dim=6, epochs=20, network=network, calibration=0.0).fit(X[:1200])
        codes = torch.from_numpy(vae.transform(X[1200:1700])).float()
        gaps[str(variant)] = float(mmd(codes, torch.randn(len(codes), 6, generator=torch.Generator().manual_seed(2))))
    ours, plain = gaps.values()
    assert ours < 0.05
    assert ours < 0.4 * plain


def test_options_are_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match="weight must be at least 0, got -1"):
        Wae(weight=-1)
    with pytest.raises(InputError, match="'rfb' is not known"):
        Wae(kernel="rfb")
