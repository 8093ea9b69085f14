"""A medical table with missing cells: filled, analysed by multiple imputation, and its diagnosis predicted.

python examples/medical_table.py
"""

import os

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from quintet import VAE
from quintet.evaluate import pool

cancer = load_breast_cancer(as_frame=True)
rows = cancer.data.iloc[:, :10].assign(diagnosis=cancer.target_names[cancer.target])
measured = list(rows.columns[:10])
rng = np.random.default_rng(0)
incomplete = rows.mask(rng.random(rows.shape) < 0.25)  # a quarter of all cells, of the diagnosis, too
train, test = incomplete[:400], incomplete[400:]
vae = VAE(epochs=int(os.environ["EPOCHS"]) if "EPOCHS" in os.environ else None).fit(train)

# Fill: one value for each missing cell, and draws whose spread is the uncertainty
filled, draws = vae.impute(test, draws=40, return_mean=True)
truth, hidden = rows[400:][measured].to_numpy(), test[measured].isna().to_numpy()
scale = rows[measured].std().to_numpy()
error = np.sqrt(np.mean((((filled[measured].to_numpy() - truth) / scale)[hidden]) ** 2))
plain = np.sqrt(np.mean((((train[measured].mean().to_numpy() - truth) / scale)[hidden]) ** 2))
print(f"error of filled cells: {error:.2f} standard deviations, {plain:.2f} by the columns' means")
low, high = np.quantile([draw[measured].to_numpy() for draw in draws], [0.05, 0.95], axis=0)
print(f"between the 5 % and 95 % quantiles of the draws: {((low <= truth) & (truth <= high))[hidden].mean():.0%}")


# Analyse: by how much do malignant tumours have a larger radius? Estimates of 20 filled tables are pooled
def difference(frame):
    """The difference of the means, and its squared standard error."""
    groups = [frame["mean radius"][frame.diagnosis == name] for name in ("malignant", "benign")]
    return groups[0].mean() - groups[1].mean(), sum(group.var() / len(group) for group in groups)


estimates, variances = zip(*(difference(frame) for frame in vae.impute(incomplete, draws=20)), strict=True)
pooled = pool(estimates, variances, degrees=len(incomplete) - 2)
low, high = pooled.interval()
print(f"difference of mean radius: {pooled.estimate:.2f}, 95 % interval {low:.2f} to {high:.2f}", end="; ")
print(f"full rows: {difference(rows)[0]:.2f}; share of the variance by missing cells: {pooled.lost:.2f}")

# Predict: the diagnosis from whatever is known of a row
malignant = rows.diagnosis[400:] == "malignant"
chance = vae.predict_column(test, "diagnosis")["malignant"]
known = train[train.diagnosis.notna()]
boosting = HistGradientBoostingClassifier(random_state=0).fit(known[measured], known.diagnosis == "malignant")
print(f"AUC of the diagnosis: {roc_auc_score(malignant, chance):.3f}", end=", ")
print(f"{roc_auc_score(malignant, boosting.predict_proba(test[measured])[:, 1]):.3f} by gradient boosting for it alone")
