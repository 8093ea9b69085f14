"""Images as conditions: a conditional VAE colours grey digits and fills outlines.

    python examples/colour_digits.py

Each row is a coloured digit, and its condition, ``y`` of ``fit``, is the grey digit or the outline. ``condition=image``
then conditions every question on an image.
"""

import os

import numpy as np
from matplotlib import colormaps
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.data.writers import save_rows

digits = load_digits()
grey = digits.images.astype(np.uint8)  # (n, 8, 8), 0..16
hues = np.asarray(colormaps["tab10"].colors)[digits.target]  # type: ignore[attr-defined]
coloured = grey[..., None] / 16 * hues[:, None, None]  # (n, 8, 8, 3), 0..1
ink = np.pad(grey > 6, ((0, 0), (1, 1), (1, 1)))
inside = ink[:, :-2, 1:-1] & ink[:, 2:, 1:-1] & ink[:, 1:-1, :-2] & ink[:, 1:-1, 2:]
outline = np.where(ink[:, 1:-1, 1:-1] & ~inside, 16, 0).astype(np.uint8)

train, test = slice(0, 1500), slice(1500, 1600)
for name, poor, rich in (("grey -> colour", grey, coloured), ("outline -> picture", outline, grey / 16)):
    vae = VAE("cvae", latent_dim=4, epochs=int(os.environ.get("EPOCHS", 100)), random_state=0)
    vae.fit(rich[train], poor[train])
    made = vae.generate(100, condition=poor[test])  # one image for each condition
    wrong = np.mean((made - np.roll(rich[test], 1, axis=0)) ** 2)
    print(f"{name}: squared error {np.mean((made - rich[test]) ** 2):.4f}; to another digit's picture {wrong:.4f}")
    again = vae.generate(8, condition=poor[test][0])  # eight images for one condition
    save_rows(f"{name.split()[0]}.png", np.concatenate([rich[test][:16], made[:16], again]), columns=8, force=True)
