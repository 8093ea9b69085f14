"""A table with missing cells: imputation in a scikit-learn pipeline, with intervals.

python examples/table_with_holes.py
"""

import os

import numpy as np
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from quintet import VAE, Imputer

rng = np.random.default_rng(0)
complete, y = load_wine(return_X_y=True)  # 178 wines, 13 numbers in different units
X = complete.copy()
X[rng.random(X.shape) < 0.3] = np.nan
X_train, X_test, y_train, y_test, _, truth = train_test_split(X, y, complete, random_state=0)

epochs = int(os.environ.get("EPOCHS", 200))
model = VAE(latent_dim=4, epochs=epochs, training={"batch_size": 32})
pipeline = make_pipeline(Imputer(model), StandardScaler(), LogisticRegression())
pipeline.fit(X_train, y_train)
print(f"accuracy with 30 % of the cells missing: {pipeline.score(X_test, y_test):.2f}")

# The imputer's model answers the other questions too: here, a hundred draws for each test row
vae = pipeline[0].vae_
holes = np.isnan(X_test)
mean, draws = vae.impute(X_test, draws=100, return_mean=True)
assert np.array_equal(mean[~holes], X_test[~holes])  # observed cells are unchanged
scale = complete.std(0)
error = np.sqrt(np.mean(((mean - truth) / scale)[holes] ** 2))
column = np.sqrt(np.mean(((np.nanmean(X_train, 0) - truth) / scale)[holes] ** 2))
low, high = np.quantile(draws, [0.05, 0.95], axis=0)
inside = ((low <= truth) & (truth <= high))[holes].mean()
print(f"error of the imputed cells: {error:.2f} standard deviations, {column:.2f} by the columns' means")
print(f"between the 5 % and 95 % quantiles of the draws: {inside:.0%} of the true values")
