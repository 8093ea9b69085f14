"""Choose the number of latents and β by held-out bound, with scikit-learn's grid search.

    python examples/grid_search.py

``score`` is the mean ELBO in nats a row of the rows that a fold holds out. The ELBO counts the rate once whatever β was
trained with, so models of different β compare on one scale (and β = 1, which is trained on it, tends to win by it).
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
