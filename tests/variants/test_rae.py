"""The penalty is the Jacobian's norm and shrinks it; every regulariser trains, is saved, and codes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from quintet import VAE, load
from quintet.errors import InputError
from quintet.models.objectives.regularised import jacobian
from quintet.noise import Noise
from quintet.variants.rae import Rae
from tests.laws.models import digits
from tests.shared import unguided

X = digits()[0]


@cache
def fitted(variant: str | Rae, epochs: int = 10) -> VAE:
    network = {"kind": "mlp", "hidden": (32,)}
    with unguided():
        return VAE(variant, latent_dim=6, epochs=epochs, network=network, calibration=0.0).fit(X[:800])


def exact(vae: VAE, rows: np.ndarray) -> float:
    """Mean over rows of the squared Frobenius norm of the decoder's Jacobian."""
    decoder, codes = vae.fitted_.model.decoder, torch.from_numpy(vae.transform(rows)).float()
    whole = torch.func.vmap(torch.func.jacrev(lambda z: decoder(z[None])[0]))(codes)
    return float(whole.detach().square().flatten(1).sum(1).mean())


def test_projections_give_the_jacobian_on_average_and_a_gradient_to_the_decoder() -> None:
    decoder = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 5))
    z = torch.randn(1, 3, generator=torch.Generator().manual_seed(0))
    true = torch.func.jacrev(decoder)(z[0]).square().sum()
    noise = Noise(0)
    found = torch.stack([jacobian(decoder, z.expand(500, 3), noise).mean() for _ in range(20)]).mean()
    assert float(found.detach()) == pytest.approx(float(true.detach()), rel=0.05)
    jacobian(decoder, z, Noise(0)).sum().backward()
    assert float(decoder[0].weight.grad.abs().sum()) > 0


def test_the_gradient_penalty_shrinks_the_decoders_jacobian() -> None:
    assert exact(fitted(Rae(weight=1.0)), X[1200:1250]) < 0.5 * exact(fitted("ae"), X[1200:1250])


def test_l2_shrinks_the_decoders_weights() -> None:
    def size(vae: VAE) -> float:
        return sum(float(p.square().sum()) for p in vae.fitted_.model.decoder.parameters())

    assert size(fitted(Rae("auto", 2, "l2", weight=1000.0))) < 0.8 * size(fitted("ae"))


def test_spectral_layers_have_norm_one_and_survive_file_and_coder(tmp_path: Path) -> None:
    vae = fitted(Rae(regulariser="spectral"), epochs=4)
    first = next(m for m in vae.fitted_.model.decoder.modules() if isinstance(m, torch.nn.Linear))
    assert float(torch.linalg.matrix_norm(first.weight.detach(), 2)) == pytest.approx(1.0, abs=0.05)
    vae.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(again.transform(X[1200:1210]), vae.transform(X[1200:1210]))
    np.testing.assert_array_equal(again.decompress(vae.compress(X[1200:1210])), X[1200:1210])


def test_codes_are_kept_near_nought_by_their_weight() -> None:
    near, far = (np.square(fitted(Rae(code=code)).transform(X[1200:1300])).sum(1).mean() for code in (50.0, 0.0))
    assert near < 0.5 * far


def test_rows_are_generated_from_the_density_without_a_warning() -> None:
    vae = fitted(Rae(), epochs=4)
    assert not vae.fitted_.model.prior_learnt
    assert vae.generate(5).shape == (5, 8, 8)


def test_options_are_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match="'gradiant' is not known"):
        Rae(regulariser="gradiant")
    with pytest.raises(InputError, match="code must be at least 0, got -1"):
        Rae(code=-1)
    with pytest.raises(InputError, match="weight must be None"):
        Rae(regulariser="spectral", weight=1.0)
