"""A conditional VAE: generation of given digits, and classification by likelihood.

    python examples/conditional.py

The condition is ``y`` of ``fit``. The model stores p(c), the class frequencies of the training rows, so that every
question also works without a condition: generate draws one, and scores sum over all.
"""

import os

import numpy as np
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.data.writers import save_rows

digits = load_digits()
X, y = digits.images.astype(np.uint8), digits.target
vae = VAE(variant="cvae", latent_dim=8, epochs=int(os.environ.get("EPOCHS", 100)), random_state=0)
vae.fit(X[:1500], y[:1500])

sevens = vae.generate(8, condition=7)  # eight sevens
each = vae.generate(20, condition=np.arange(20) % 10)  # 0 to 9, twice
some, labels = vae.generate(8, return_condition=True)  # conditions drawn from p(c), returned too
save_rows("on_request.png", np.concatenate([sevens[:8], each[:16], some]), levels=17, columns=8, force=True)
print("drawn without a condition:", *labels)

# The label c of x is the one under which x is most probable: p(c|x) is proportional to p(c) p(x|c)
test, truth = X[1500:1600], y[1500:1600]
log_p = np.stack([vae.log_prob(test, condition=c, draws=10) for c in range(10)])
print(f"classified by the largest p(x|c): {np.mean(log_p.argmax(0) == truth):.0%} of {len(test)} digits right")

# The same style under other labels: the latents of a row, decoded under each condition
styles = np.concatenate([vae.inverse_transform(vae.transform(X[:1], condition=y[:1]), condition=c) for c in range(10)])
save_rows("one_style.png", styles, levels=17, columns=10, force=True)
