"""Promises of denoising: clean rows come back, noisy ones are never made worse, whatever the model is worth."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_iris, load_wine

from quintet import VAE
from quintet.errors import QuintetWarning
from quintet.tasks.denoise.noise_kinds import kinds_for
from tests.shared import Shared

RNG = np.random.default_rng(0)
FACTORS = RNG.normal(size=(3, 10))
SMALL = {"kind": "mlp", "hidden": (32,)}


def pictures(rows: int) -> np.ndarray:
    fields = gaussian_filter(RNG.normal(size=(rows, 12, 12, 3)), (0, 2, 2, 0.4), mode="wrap")
    return np.clip(128 + 60 * fields / fields.std(), 0, 255).astype(np.uint8)


def codes(rows: int) -> np.ndarray:
    """Coded answers: half of the cells are 0, the code of questions that were not asked."""
    rng = np.random.default_rng(1)
    asked = rng.integers(0, 4, (rows, 1))
    first, further = rng.integers(0, 5, (rows, 4)) * (asked != 1), rng.integers(1, 4, (rows, 6)) * (asked > 1)
    return np.c_[asked, first, further].astype(float)


DATA = {
    "factors": RNG.normal(size=(400, 3)) @ FACTORS + 0.1 * RNG.normal(size=(400, 10)),
    "iris": load_iris().data[RNG.permutation(150)],
    "wine": load_wine().data[RNG.permutation(178)],
    "pictures": pictures(120),
    "counts": RNG.poisson(np.exp(0.4 * RNG.normal(size=(200, 1)) + 3.5), size=(200, 6)),
    "codes": codes(600),
}


@pytest.fixture(params=DATA)
def model_and_rows(request: pytest.FixtureRequest, shared: Shared) -> tuple[VAE, np.ndarray]:
    """A model that training hardly taught anything, and rows that it has not seen."""
    X = DATA[request.param]
    train, rest = X[: len(X) * 2 // 3], X[len(X) * 2 // 3 :]

    def fit() -> VAE:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", QuintetWarning)
            return VAE(latent_dim=2, epochs=3, calibration=0.3, network=SMALL, random_state=0).fit(train)

    return shared(f"denoise-{request.param}", fit), rest


def spoilt(X: np.ndarray, kind: str, rate: float) -> np.ndarray:
    low, high = X.min(0), X.max(0)
    if kind == "normal":
        noisy = X + rate * (X.std(0) + 1e-9) * RNG.normal(size=X.shape)
    else:
        noisy = np.where(RNG.random(X.shape) < rate, low + RNG.random(X.shape) * (high - low), X)
    if X.dtype.kind in "iu":
        noisy = np.clip(np.rint(noisy), 0, 255 if X.dtype == np.uint8 else None).astype(X.dtype)
    return noisy


def error(a: np.ndarray, b: np.ndarray) -> float:
    scale = b.std(0, dtype=float) + 1e-9
    return float(np.sqrt((((a.astype(float) - b) / scale) ** 2).mean()))


def test_clean_rows_come_back_bit_for_bit(model_and_rows: tuple[VAE, np.ndarray]) -> None:
    vae, clean = model_and_rows
    found, report = vae.denoise(clean, return_report=True)
    assert report.kind == "none"
    assert found.dtype == clean.dtype or clean.dtype.kind != "f"
    np.testing.assert_array_equal(found, clean)
    assert not report.rates.any()


@pytest.mark.parametrize("model_and_rows", ["codes"], indirect=True)
def test_codes_with_genuine_zeros_are_not_masked(model_and_rows: tuple[VAE, np.ndarray]) -> None:
    vae, clean = model_and_rows
    for rows in (5, 10, 40, 150):
        for start in range(0, 50, 10):
            assert vae.denoise(clean[start : start + rows], return_report=True, effort="low")[1].kind == "none"
    trial = vae.fitted_.artifacts.denoising_trial
    assert trial is not None
    masking = kinds_for(vae.schema_).index("masking")
    assert trial.clean[:, masking].amax() > 3, "masking explains some clean rows better than no noise"


@pytest.mark.filterwarnings("ignore:.*no single kind of noise:quintet.errors.QuintetWarning")
@pytest.mark.parametrize(
    ("kind", "rate"), [("replacement", 0.1), ("replacement", 0.4), ("normal", 0.5), ("normal", 4.0)]
)
def test_no_answer_is_worse_than_the_noisy_rows(model_and_rows: tuple[VAE, np.ndarray], kind: str, rate: float) -> None:
    vae, clean = model_and_rows
    noisy = spoilt(clean, kind, rate)
    found, report = vae.denoise(noisy, return_report=True)
    clipped = {"salt_pepper"} if rate * clean.std() > 128 else set()  # most pixels are at an end of their range
    assert report.kind in {kind, "unknown", "none"} | clipped
    assert error(found, clean) <= 1.02 * error(noisy, clean)
    if report.kind == kind:
        assert error(found, clean) < error(noisy, clean)


def test_clean_rows_among_noisy_ones_come_back(model_and_rows: tuple[VAE, np.ndarray]) -> None:
    vae, clean = model_and_rows
    noisy = clean.copy()
    half = len(clean) // 2
    noisy[:half] = spoilt(clean, "normal", 5.0)[:half]
    found, report = vae.denoise(noisy, return_report=True)
    if report.kind in ("normal", "replacement"):
        same = (found[half:] == clean[half:]).reshape(len(clean) - half, -1).all(1)
        assert same.mean() > 0.7
        assert error(found, clean) < error(noisy, clean)


def test_a_named_kind_is_answered_also_for_one_row_and_with_holes(model_and_rows: tuple[VAE, np.ndarray]) -> None:
    vae, clean = model_and_rows
    mask = np.zeros(clean[:1].shape, dtype=bool)
    mask[0].flat[1] = True
    for kind in ("none", "normal", "replacement"):
        found = vae.denoise(clean[:1], kind, mask=mask)
        assert found.shape == clean[:1].shape
        if kind == "none":
            np.testing.assert_array_equal(found[~mask], clean[:1][~mask])
