"""Images refined by similar patches: what the trial chooses, what known cells are, files with and without it."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from quintet import VAE, load

SIDE = 16


def waves(rows: int, seed: int) -> np.ndarray:
    """Colour images of two waves each, (rows, 16, 16, 3) of levels."""
    rng = np.random.default_rng(seed)
    down, along = np.mgrid[:SIDE, :SIDE]
    phase, pace = rng.uniform(0, 6, (2, rows, 1, 1)), rng.uniform(0.4, 0.9, (2, rows, 1, 1))
    plane = np.sin(pace[0] * down + phase[0]) + np.sin(pace[1] * along + phase[1])
    colour = rng.uniform(15, 50, (rows, 1, 1, 3))
    return np.clip(np.rint(128 + plane[..., None] * colour), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def vae():
    return VAE(latent_dim=4, network="mlp", context="none", epochs=6, random_state=0).fit(waves(140, 0))


@pytest.fixture(scope="module")
def plain(vae):
    """The same model without refinement."""
    other = load_again(vae)
    kept = other.fitted_.artifacts
    trial = replace(kept.denoising_trial, rounds=None)
    other.fitted_.artifacts = replace(kept, patch_rounds=None, denoising_trial=trial)
    return other


def load_again(vae):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "waves.safetensors"
        vae.save(path)
        return load(path)


def error(found: np.ndarray, clean: np.ndarray) -> float:
    return float(np.square(found.astype(float) - clean).mean())


def test_smooth_images_are_refined(vae, plain):
    assert vae.fitted_.artifacts.denoising_trial.rounds[2, 0] > 0  # normal noise
    clean = waves(12, 5)
    noisy = np.clip(clean + np.random.default_rng(1).normal(0, 12, clean.shape), 0, 255).round().astype(np.uint8)
    refined, before = (m.denoise(noisy, "normal", rate=12 / 255) for m in (vae, plain))
    assert error(refined, clean) < 0.8 * error(before, clean)


def test_known_cells_are_returned_bit_for_bit(vae):
    clean = waves(6, 6)
    mask = np.random.default_rng(2).random(clean.shape) < 0.5
    filled = vae.impute(clean, mask=mask)
    assert np.array_equal(filled[~mask], clean[~mask])
    also = vae.denoise(clean, "none", mask=mask)
    assert np.array_equal(also[~mask], clean[~mask])


def test_answers_do_not_depend_on_other_rows(vae):
    noisy = waves(3, 7)
    together = vae.denoise(noisy, "normal", rate=0.05)
    alone = np.concatenate([vae.denoise(noisy[row : row + 1], "normal", rate=0.05) for row in range(3)])
    assert np.array_equal(together, alone)


def test_file_keeps_the_rounds(vae, plain):
    again = load_again(vae)
    kept, found = vae.fitted_.artifacts, again.fitted_.artifacts
    assert torch.equal(kept.denoising_trial.rounds, found.denoising_trial.rounds)
    assert torch.equal(kept.patch_rounds.missing, found.patch_rounds.missing)
    assert load_again(plain).fitted_.artifacts.denoising_trial.rounds is None


@pytest.mark.usefixtures("measured_in_full")
def test_pure_noise_is_not_refined():
    rows = np.random.default_rng(3).integers(0, 256, (120, SIDE, SIDE), dtype=np.uint8)
    vae = VAE(latent_dim=2, network="mlp", context="none", epochs=2, random_state=0).fit(rows)
    kept = vae.fitted_.artifacts
    assert not kept.patch_rounds.missing.any()
    assert not kept.denoising_trial.rounds[0].any()  # replaced cells


@pytest.mark.usefixtures("measured_in_full")
def test_tables_and_masks_have_no_patches():
    table = VAE(latent_dim=2, epochs=2, random_state=0).fit(np.random.default_rng(4).normal(size=(120, 5)))
    assert table.fitted_.artifacts.patch_rounds is None
    binary = np.random.default_rng(4).random((120, SIDE, SIDE)) < 0.3
    boolean = VAE(latent_dim=2, network="mlp", epochs=2, random_state=0).fit(binary)
    assert boolean.fitted_.artifacts.patch_rounds is None
