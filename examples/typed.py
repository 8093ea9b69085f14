"""The public API under strict types: ``pyright examples/typed.py`` in its strict mode finds nothing unknown."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

import quintet
from quintet import VAE, Imputer, Series
from quintet.training import Training

Rows = npt.NDArray[np.float64]


def correlated_rows(n: int) -> Rows:
    """n rows of four numbers that depend on two."""
    rng = np.random.default_rng(0)
    rows: Rows = rng.normal(size=(n, 2)) @ rng.normal(size=(2, 4)) + 0.1 * rng.normal(size=(n, 4))
    return rows


def answers(vae: VAE, rows: Rows) -> dict[str, float]:
    """A figure of each of the five answers."""
    holes = np.where(np.random.default_rng(1).random(rows.shape) < 0.2, np.nan, rows)
    found = vae.detect(rows)
    blob: bytes = vae.compress(rows)
    return {
        "compress": 8 * len(blob) / rows.size,
        "generate": float(np.asarray(vae.generate(20, random_state=0)).std()),
        "denoise": float(np.abs(np.asarray(vae.denoise(rows)) - rows).mean()),
        "detect": float(found.p_values.min()),
        "impute": float(np.abs(np.asarray(vae.impute(holes)) - rows).mean()),
    }


def main() -> None:
    """Fit, ask, save, load."""
    rows = correlated_rows(300)
    training = Training(epochs=int(os.environ.get("EPOCHS", "40")), learning_rate=2e-3)
    vae = VAE("beta", latent_dim=2, training=training).fit(rows)
    vae.save("typed.safetensors")
    model = quintet.load(Path("typed.safetensors"))
    if isinstance(model, VAE):
        print(answers(model, rows[:50]))
    elif isinstance(model, Series):
        print(model.forecast(3))
    for epoch in vae.history_.rows[-1:]:
        print(epoch["stage"], epoch["loss"])
    known = quintet.load("typed.safetensors", VAE)
    print(Imputer(known).fit(rows).transform(rows).shape, known.latent_dim_, known.schema_.describe())


if __name__ == "__main__":
    main()
