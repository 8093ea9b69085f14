"""Grid search with scikit-learn: the number of latents and β by the held-out ELBO.

    python examples/grid_search.py

``score`` is the mean ELBO of a fold's held-out rows in nats per row. The ELBO weights the rate by 1 for every β, so
that models of different β are comparable (and β = 1, which maximises it in training, tends to win).
"""

import os

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from quintet import VAE

X = load_digits().images.astype(np.uint8)[:400]
small = VAE(
    variant="beta",
    network={"kind": "mlp", "hidden": (64,)},
    epochs=int(os.environ.get("EPOCHS", 20)),
    training={"batch_size": 32},
    random_state=0,
)
grid = {"latent_dim": [2, 8], "variant__beta": [1.0, 4.0]}
search = GridSearchCV(small, grid, cv=2).fit(X)

for params, score in zip(search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True):
    print(f"{params}: ELBO {score:.1f} nats a row")
print("chosen:", search.best_params_)
