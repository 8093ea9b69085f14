"""Custom encoder and decoder networks.

    python examples/own_networks.py

``make_encoder(in_shape)`` gets the shape of a row in the model, channels first, and returns a module with any number of
output features. ``make_decoder(latent_dim, out_shape)`` returns a module from latents to ``out_shape``, the
likelihood's parameters of each cell. The model adds the layer from features to posterior parameters, and the
likelihood.
"""

import math
import os

import numpy as np
from sklearn.datasets import load_digits
from torch import nn

from quintet import VAE, load


def make_encoder(in_shape: tuple[int, ...]) -> nn.Module:
    """Images (batch, 1, 8, 8) -> features; the output is flattened."""
    return nn.Sequential(
        nn.Conv2d(in_shape[0], 16, 3, padding=1),
        nn.SiLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.SiLU(),
    )


def make_decoder(latent_dim: int, out_shape: tuple[int, ...]) -> nn.Module:
    """Latents (n, latent_dim) -> parameters; the model reshapes the output to (n, *out_shape)."""
    return nn.Sequential(nn.Linear(latent_dim, 128), nn.SiLU(), nn.Linear(128, math.prod(out_shape)))


X = load_digits().images.astype(np.uint8)
pair = (make_encoder, make_decoder)
vae = VAE(network=pair, latent_dim=8, epochs=int(os.environ.get("EPOCHS", 60)), random_state=0).fit(X[:1500])
print(f"-ELBO of held-out digits: {-vae.score(X[1500:]):.1f} nats a row")

vae.save("own.safetensors")
again = load("own.safetensors", network=pair)  # a file holds weights, never code: give the functions again
assert np.array_equal(again.transform(X[1500:]), vae.transform(X[1500:]))
