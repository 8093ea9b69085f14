"""Images of any size: a model of small patches compresses, denoises, imputes and searches photographs.

    python examples/photographs.py

The model is trained on patches of the left part of a photograph from scikit-learn and applied to the right part, which
is larger than a patch.
"""

import os

import numpy as np
from sklearn.datasets import load_sample_images

from quintet import VAE, Patchwork, cut_patches
from quintet.data.writers import save_rows

flower = load_sample_images().images[1][::2, ::2]  # (214, 320, 3) of 8 bits
left, right = flower[:, :160], flower[70:110, 170:210]

# Patches of different groups share no pixel, so that p-values are calibrated on pixels outside training.
epochs = int(os.environ.get("EPOCHS", 60))
rows, groups = cut_patches([left], size=8, n=min(3000, 200 * epochs), return_groups=True)
vae = VAE(latent_dim=16, epochs=epochs, random_state=0)
patchwork = Patchwork(vae.fit(rows, groups=groups))

blob = patchwork.compress([right])
assert np.array_equal(patchwork.decompress(blob)[0], right)
print(f"compress: {8 * len(blob) / right.size:.2f} bits for each of {right.size:,} cells, and equal after decoding")

rng = np.random.default_rng(0)
noisy = np.where(rng.random(right.shape) < 0.1, rng.integers(0, 256, right.shape), right).astype(np.uint8)
(clean,), (noise,) = patchwork.denoise([noisy], return_report=True, effort="low")
print(f"denoise: {noise.kind} found, rate {noise.rate:.2f}, squared error {np.mean((clean - 1.0 * right) ** 2):.0f}")
print(f"         {np.mean((noisy - 1.0 * right) ** 2):.0f} before")

missing = rng.random(right.shape[:2]) < 0.5
(filled,) = patchwork.impute([right], mask=missing, effort="low")
print(f"impute: squared error {np.mean((filled[missing] - 1.0 * right[missing]) ** 2):.0f} of half of the pixels")

strange = right.copy()
strange[10:26, 20:36] = rng.permutation(strange[10:26, 20:36].reshape(-1, 3)).reshape(16, 16, 3)
found = patchwork.detect([strange])
row, column = np.unravel_index(found.where[0].argmax(), found.where[0].shape)
print(f"detect: p = {found.p_values[0]:.3f}, strangest at row {row}, column {column}; rows 10..25, columns 20..35 are")

heat = np.clip(found.where[0] / found.where[0].max(), 0, 1) * 255
with_holes = np.where(missing[..., None], 128, right)
sheet = [right, noisy, clean, with_holes, filled, strange, np.repeat(heat[..., None], 3, -1)]
save_rows("photographs.png", np.stack(sheet).astype(np.uint8), columns=len(sheet), force=True)
