"""Codes whose standing to the factors is known."""

import math

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from quintet.errors import InputError
from quintet.evaluate.disentangle import disentanglement, mig, modularity, sap
from quintet.evaluate.factor_importance import dci, order_of
from quintet.evaluate.factors import information

RNG = np.random.default_rng(0)
N = 1500
FACTORS = np.stack([RNG.integers(0, 8, N), RNG.integers(0, 5, N), RNG.integers(0, 3, N)], axis=1)
SHAPE = 2  # the last factor is a name
ORDER = np.array([1.0, 0.0, 2.0])  # its names lie in another order on the code


def own() -> np.ndarray:
    """A latent for each factor, with a little noise."""
    z = np.stack([FACTORS[:, 0], -FACTORS[:, 1], 3 * ORDER[FACTORS[:, 2]]], axis=1)
    return z + 0.02 * RNG.normal(size=z.shape)


def test_a_latent_for_each_factor_has_full_marks() -> None:
    found = disentanglement(own(), FACTORS, named=(SHAPE,))
    assert list(found) == [
        "mig",
        "sap",
        "modularity",
        "dci_disentanglement",
        "dci_completeness",
        "dci_informativeness",
    ]
    for name, value in found.items():
        assert 0.93 < value <= 1.0, name


def test_codes_of_nothing_have_none() -> None:
    found = disentanglement(RNG.normal(size=(N, 3)), FACTORS, named=(SHAPE,))
    assert found["mig"] < 0.02
    assert found["sap"] < 0.05
    assert found["dci_disentanglement"] < 0.2
    assert found["dci_informativeness"] < 0.15  # a third of a third: guessing the name


def test_turning_two_latents_by_45_degrees_ends_the_gaps() -> None:
    z = own()
    z[:, :2] /= z[:, :2].std(0)
    turned = np.stack([z[:, 0] + z[:, 1], z[:, 0] - z[:, 1], z[:, 2]], axis=1)
    straight, tilted = disentanglement(z, FACTORS, (SHAPE,)), disentanglement(turned, FACTORS, (SHAPE,))
    assert tilted["mig"] < straight["mig"] / 2  # of three factors one has kept its latent
    assert tilted["sap"] == pytest.approx(straight["sap"] / 3, abs=0.05)
    assert tilted["modularity"] < 0.9 < straight["modularity"]
    assert tilted["dci_disentanglement"] < 0.75
    assert tilted["dci_completeness"] < 0.75
    assert tilted["dci_informativeness"] > 0.85


def test_two_latents_that_tell_alike_are_modular_and_have_no_gap() -> None:
    z = own()
    twice = np.hstack([z, z + 0.02 * RNG.normal(size=z.shape)])
    assert mig(twice, FACTORS) < 0.02
    assert sap(twice, FACTORS, (SHAPE,)) < 0.02
    assert modularity(twice, FACTORS) > 0.99


def test_a_latent_that_tells_of_two_factors_is_not_modular() -> None:
    both = (FACTORS[:, 0] + 8.0 * FACTORS[:, 1])[:, None]
    alike = FACTORS[:, :2] % 4  # two factors of four values each
    assert modularity(alike[:, :1] + 4.0 * alike[:, 1:], alike) < 0.2
    assert sap(both, FACTORS[:, 1:2]) > 0.8


def test_information_is_the_mutual_information_of_the_bins() -> None:
    z = RNG.integers(0, 4, (N, 1)).astype(float) + FACTORS[:, :1]
    assert information(z, FACTORS[:, :1].astype(float))[0, 0] == pytest.approx(
        mutual_info_score(z[:, 0], FACTORS[:, 0])
    )
    wide = RNG.normal(size=(N, 1))
    places = np.digitize(wide[:, 0], np.linspace(wide.min(), wide.max(), 21)[1:-1])
    assert information(wide, FACTORS[:, :1].astype(float))[0, 0] == pytest.approx(
        mutual_info_score(places, FACTORS[:, 0])
    )


def test_gap_of_information_is_its_formula() -> None:
    z = np.stack([FACTORS[:, 0] // 2, FACTORS[:, 0] // 4], axis=1).astype(float)  # 4 and 2 of 8 levels
    assert mig(z, FACTORS[:, :1]) == pytest.approx((math.log(4) - math.log(2)) / math.log(8), abs=0.01)


def test_order_of_a_matrix_of_importances() -> None:
    assert order_of(np.eye(3)) == pytest.approx((1.0, 1.0))
    assert order_of(np.ones((2, 2))) == pytest.approx((0.0, 0.0))
    split = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]])  # one factor in two latents
    assert order_of(split) == pytest.approx((1.0, (1 - math.log(2) / math.log(3) + 1) / 2))
    mixed = np.array([[1.0, 1.0], [0.0, 2.0]])  # the first latent serves both, half of the whole weight
    assert order_of(mixed) == pytest.approx(
        (0.5, (1 + 1 + (np.log([1 / 3, 2 / 3]) @ [1 / 3, 2 / 3]) / math.log(2)) / 2)
    )
    assert order_of(np.zeros((2, 2))) == (0.0, 0.0)


@pytest.mark.parametrize("by", ["trees", "lasso"])
def test_both_means_tell_own_latents_from_turned_ones(by: str) -> None:
    z, factors = own()[:, :2], FACTORS[:, :2]
    z = z / z.std(0)
    straight, turned = dci(z, factors, by=by), dci(z @ np.array([[1.0, 1.0], [1.0, -1.0]]), factors, by=by)
    assert min(straight) > 0.95
    assert turned.disentanglement < 0.3
    assert turned.completeness < 0.3
    assert turned.informativeness > 0.85


def test_lasso_takes_names() -> None:
    z = np.eye(3)[FACTORS[:, SHAPE]] + 0.1 * RNG.normal(size=(N, 3))
    assert dci(z, FACTORS[:, SHAPE:], named=(0,), by="lasso").informativeness > 0.95


def test_edges() -> None:
    assert math.isnan(mig(RNG.normal(size=(9, 2)), np.ones((9, 1))))
    assert math.isnan(modularity(RNG.normal(size=(9, 2)), np.arange(9)[:, None]))
    dead = disentanglement(np.zeros((50, 2)), FACTORS[:50], (SHAPE,))
    assert all(np.isfinite(v) for v in dead.values())
    assert dead["mig"] == dead["sap"] == dead["modularity"] == dead["dci_disentanglement"] == 0.0
    one = own()[:, :1]
    assert mig(one, FACTORS[:, :1]) > 0.95
    constant = np.hstack([FACTORS, np.ones((N, 1), int)])
    assert mig(own(), constant) == pytest.approx(mig(own(), FACTORS), abs=0.02)


def test_wrong_input_is_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match=r"\(9, 2\).*\(8, 1\)"):
        mig(np.zeros((9, 2)), np.zeros((8, 1)))
    with pytest.raises(InputError, match="NaN"):
        sap(np.full((9, 2), np.nan), np.zeros((9, 1)))
    with pytest.raises(InputError, match=r"named must hold .* got \[3\]"):
        sap(own(), FACTORS, named=(3,))
    with pytest.raises(InputError, match="'tree' is not known"):
        dci(own(), FACTORS, by="tree")
