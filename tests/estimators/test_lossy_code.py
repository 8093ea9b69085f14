"""``fit_lossy``: the lossy code of images as a user learns, saves and asks it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quintet import VAE, Patchwork, load
from quintet.errors import FileRefused, InputError, Unanswerable
from quintet.tasks.compress import describe_file
from tests.shared import Shared
from tests.tasks.compress.test_block_code import smooth

IMAGES = smooth(60, 16, 16, 3)
BRIEF = {
    "network": {"kind": "mlp", "hidden": (16,)},
    "latent_dim": 2,
    "epochs": 1,
    "calibration": 0.0,
    "context": "none",
}


def brief(X: np.ndarray) -> VAE:
    return VAE("vae", **BRIEF).fit(X)


@pytest.fixture(scope="module")
def vae(shared: Shared) -> VAE:
    return shared("lossy-code", lambda: brief(IMAGES).fit_lossy(IMAGES, epochs=20))


def test_the_file_keeps_the_code(vae: VAE, tmp_path: Path) -> None:
    blob = vae.compress(IMAGES, lossy=0.5)
    vae.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    assert again.compress(IMAGES, lossy=0.5) == blob
    np.testing.assert_array_equal(again.decompress(blob), vae.decompress(blob))
    assert describe_file(blob, vae.fitted_).listed()["coefficients of blocks, lossy"] > 0
    np.testing.assert_array_equal(vae.decompress(vae.compress(IMAGES[:5])), IMAGES[:5])


def test_the_same_seed_gives_the_same_code(vae: VAE) -> None:
    one, two, other = (brief(IMAGES).fit_lossy(IMAGES, epochs=2, random_state=seed) for seed in (3, 3, 4))
    blobs = [each.compress(IMAGES[:5], lossy=True) for each in (one, two, other)]
    assert blobs[0] == blobs[1] != blobs[2]


def test_pictures_of_any_size_without_seams(vae: VAE) -> None:
    pictures, patchwork = [smooth(1, 40, 23, 3)[0], smooth(2, 16, 70, 3)[1]], Patchwork(vae)
    blob = patchwork.compress(pictures, lossy=0.1)
    back = patchwork.decompress(blob)
    for clean, found in zip(pictures, back, strict=True):
        assert found.shape == clean.shape
        assert np.sqrt(np.square(clean.astype(float) - found).mean()) < 3
    with pytest.raises(FileRefused, match="damaged or cut short"):
        patchwork.decompress(blob[:-9])
    stack = np.stack([pictures[0], pictures[0]])
    assert patchwork.decompress(patchwork.compress(stack, lossy=True)).shape == stack.shape


def test_grey_images_of_few_levels() -> None:
    X = smooth(30, 12, 9, 1)[..., 0] // 8
    vae = brief(X).fit_lossy(X, epochs=5)
    back = vae.decompress(vae.compress(X, lossy=0.1))
    assert back.max() <= X.max()
    assert np.abs(back.astype(int) - X).mean() < 0.6


def test_what_has_no_code(vae: VAE) -> None:
    with pytest.raises(InputError, match="fit_lossy needs a model of images"):
        brief(np.random.default_rng(0).normal(size=(50, 4))).fit_lossy(np.zeros((5, 4)))
    with pytest.raises(Unanswerable, match="fit_lossy"):
        Patchwork(brief(IMAGES)).compress(IMAGES, lossy=True)
    with pytest.raises(FileRefused, match="has not learnt"):
        Patchwork(brief(IMAGES)).decompress(Patchwork(vae).compress(IMAGES[:2], lossy=True))
