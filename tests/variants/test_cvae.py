"""cvae under images: what is grey is coloured, what is an outline is filled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from quintet import VAE, load
from quintet.errors import InputError
from quintet.variants.cvae import Cvae

Array = np.ndarray[Any, Any]
SMALL: dict[str, Any] = {
    "latent_dim": 2,
    "network": {"kind": "mlp", "hidden": (64,)},
    "epochs": 50,
    "calibration": 0.0,
    "training": {"batch_size": 32, "learning_rate": 2e-3},
    "random_state": 0,
}


def pairs(what: str) -> tuple[Array, Array]:
    """Poor and rich pictures of 500 digits: grey and in a colour of their class, or outlined and grey."""
    data = load_digits(n_class=3)
    grey = data.images[:500] / 16
    if what == "grey -> colour":
        return grey, grey[..., None] * np.eye(3)[data.target[:500]][:, None, None]
    ink = np.pad(grey > 0.4, ((0, 0), (1, 1), (1, 1)))
    inside = ink[:, :-2, 1:-1] & ink[:, 2:, 1:-1] & ink[:, 1:-1, :-2] & ink[:, 1:-1, 2:]
    return ink[:, 1:-1, 1:-1] & ~inside, grey


@pytest.mark.parametrize("what", ["grey -> colour", "outline -> picture"])
def test_a_picture_made_from_its_own_condition_is_nearer_to_the_truth(what: str, tmp_path: Path) -> None:
    poor, rich = pairs(what)
    train, test = slice(0, 440), slice(440, 500)
    other = np.roll(poor[test], 1, axis=0)
    # of a density of grey cells two latents soon learn the class, which the condition gives as well
    vae = VAE(Cvae(likelihood="mse"), **SMALL).fit(rich[train], poor[train])

    def error(rows: Array) -> float:
        return float(np.mean((rows - rich[test]) ** 2))

    def made(condition: Array) -> Array:
        return np.asarray(vae.generate(60, condition=condition))

    assert error(made(poor[test])) < 0.6 * error(made(other))
    assert error(made(poor[test])) < 0.75 * error(rich[train].mean(0))
    assert error(vae.reconstruct(rich[test], poor[test])) < 0.6 * error(vae.reconstruct(rich[test], other))
    own, wrong = (vae.log_prob(rich[test], condition=c, draws=4).mean() for c in (poor[test], other))
    assert own > wrong + 5
    # drawn from p(c), or in a file, images are what they were
    _, conditions = vae.generate(4, return_condition=True)
    assert conditions.shape == (4, 8, 8)
    assert all((np.abs(c.astype(float) - poor[train]).max((1, 2)) < 1 / 255).any() for c in conditions)
    vae.save(tmp_path / "vae.safetensors")
    again = load(tmp_path / "vae.safetensors")
    assert np.array_equal(
        again.generate(3, condition=poor[0], random_state=1), vae.generate(3, poor[0], random_state=1)
    )


def test_other_numbers_of_images_and_labels_for_images_are_refused() -> None:
    poor, rich = pairs("outline -> picture")
    with pytest.raises(InputError, match="each of the 500 rows of data, got 10 images"):
        VAE("cvae", **SMALL).fit(rich, poor[:10])
    with pytest.raises(InputError, match="one label for each row"):
        VAE("semi", **SMALL).fit(rich, poor)
