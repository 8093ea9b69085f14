"""What is constant in training is that constant in every answer, exactly."""

from __future__ import annotations

import numpy as np
import pytest

from quintet import VAE
from quintet.data.schema import Schema

RNG = np.random.default_rng(0)
N = 30
KINDS = {
    "real": (np.c_[RNG.normal(size=(N, 3)), np.full(N, 1e-3)], 1e-3),
    "count": (np.c_[RNG.poisson(3, (N, 3)), np.full(N, 7)], 7),
    "unit": (np.c_[RNG.random((N, 3)), np.full(N, 0.3)], 0.3),
    "binary": (np.c_[RNG.integers(0, 2, (N, 3)), np.zeros(N, dtype=int)], 0),
    "image8": (np.c_[RNG.integers(0, 200, (N, 3)), np.full(N, 9)], 9),
    "binarised": (np.c_[RNG.random((N, 3)), np.full(N, 1.0)], 1),
}


pytestmark = pytest.mark.usefixtures("measured_in_full")


def fitted(X: np.ndarray, kind: str) -> VAE:
    return VAE(latent_dim=1, epochs=1, kind=kind, calibration=0.2, network={"kind": "mlp", "hidden": (8,)}).fit(X)


@pytest.mark.filterwarnings("ignore::quintet.errors.QuintetWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_answers_hold_the_constant(kind: str) -> None:
    X, constant = KINDS[kind]
    vae = fitted(X, kind)
    some = (X[:5] > 0.5).astype(int) if kind == "binarised" else X[:5]
    mask = np.tile([False, False, False, True], (5, 1))
    noisy = some.copy()
    noisy[0, 3] = 1 - some[0, 3] if kind in ("binary", "binarised") else noisy[1, 0]
    answers = [vae.generate(9), vae.reconstruct(noisy), vae.denoise(noisy), vae.impute(some, mask=mask)]
    answers += list(vae.impute(some, mask=mask, draws=2))
    for answer in answers:
        assert (answer[:, 3] == np.asarray(constant, dtype=answer.dtype)).all()
    for rows in (some, noisy):  # files keep what is there, constant or not
        back = vae.decompress(vae.compress(rows))
        assert back.dtype == rows.dtype
        assert (back == rows).all()


def test_a_constant_ends_where_training_goes_on_with_other_values() -> None:
    X, _ = KINDS["real"]
    vae = fitted(X, "real")
    vae.set_params(epochs=1)
    vae.fit(np.c_[RNG.normal(size=(N, 3)), RNG.normal(size=N)], continue_training=True)
    assert vae.schema_.constant == ()
    assert vae.generate(5)[:, 3].std() > 0


def test_a_constant_is_part_of_what_a_file_is_known_by_and_0_1_knew_none() -> None:
    known = Schema.infer(KINDS["count"][0], kind="count")
    other = known.model_copy(update={"constant": ()})
    assert known.constant == ((3, 7.0),)
    assert known.identity != other.identity
    assert "constant" not in other.identity
    of_old = {name: value for name, value in known.model_dump(mode="json").items() if name != "constant"}
    assert Schema(**of_old) == other


def test_few_values_are_no_constant_and_holes_do_not_count() -> None:
    assert Schema.infer(np.zeros((9, 2))).constant == ()
    X = RNG.normal(size=(20, 3))
    X[:, 1] = np.where(np.arange(20) % 2, 5.0, np.nan)
    X[:, 2] = np.where(np.arange(20) % 3, np.nan, 5.0)
    assert Schema.infer(X).constant == ((1, 5.0),)


@pytest.mark.parametrize("constant", [((4, 1.0),), ((1, 1.0), (0, 1.0)), ((0, float("nan")),)])
def test_constants_that_no_rows_have_are_refused(constant: tuple[tuple[int, float], ...]) -> None:
    known = Schema.infer(RNG.normal(size=(20, 4))).model_dump()
    with pytest.raises(ValueError, match="constant"):
        Schema(**known | {"constant": constant})
