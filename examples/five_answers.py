"""One model of handwritten digits answers five questions: generate, compress, denoise, detect, impute.

    python examples/five_answers.py          EPOCHS=300 python examples/five_answers.py

The script writes images and the model to the current folder.
"""

import os

import numpy as np
from sklearn.datasets import load_digits

from quintet import VAE, load
from quintet.data.writers import save_rows

rng = np.random.default_rng(0)
X = rng.permutation(load_digits().images.astype(np.uint8))  # (1797, 8, 8), whole numbers 0..16, writers mixed
train, test = X[:1500], X[1500:]

vae = VAE(random_state=0, epochs=int(os.environ.get("EPOCHS", 150))).fit(train)
print("\n".join(vae.notes_))

# generate: z from p(z), then E[x|z]
new = vae.generate(32)
save_rows("generated.png", new, levels=17, force=True)

# compress: about -log2 p(x) bits a row, and back bit for bit
blob = vae.compress(test)
assert np.array_equal(vae.decompress(blob), test)
print(f"compress: {8 * len(blob) / test.size:.2f} bits a pixel, {len(blob)} bytes for {test.nbytes} pixels")

# denoise: E[x | corrupted x]; the kind of noise and its rate are estimated
hit = rng.random(test.shape) < 0.25
noisy = np.where(hit, rng.integers(0, 17, test.shape), test).astype(np.uint8)
clean, report = vae.denoise(noisy, return_report=True)
save_rows("noisy_and_clean.png", np.concatenate([noisy[:16], clean[:16]]), levels=17, columns=16, force=True)
print(f"denoise: found {report.kind} noise of rate {float(report.rates.mean()):.2f}; 0.25 of the pixels were replaced")

# detect: digits upside down among the others
strange = np.concatenate([test[:250], test[250:270, ::-1]])
found = vae.detect(strange, fdr=0.2)
print(
    f"detect: {found.is_anomaly[250:].sum()} of 20 turned digits flagged, {found.is_anomaly[:250].sum()} of 250 others"
)

# impute: the lower half is missing; the mean, and three draws
missing = np.zeros((8, 8), bool)
missing[4:] = True
mean, draws = vae.impute(test[:16], mask=missing, draws=3, return_mean=True)
assert np.array_equal(mean[:, :4], test[:16, :4])  # observed cells are unchanged
save_rows("imputed.png", np.concatenate([mean, *draws]), levels=17, columns=16, force=True)

# one file holds the whole model
vae.save("digits.safetensors")
assert np.array_equal(load("digits.safetensors").generate(32), new)
