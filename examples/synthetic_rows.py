"""Synthetic rows of a medical table, to be shared: generated, judged by their use and by what they give away.

python examples/synthetic_rows.py
"""

import os

import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from quintet import VAE

cancer = load_breast_cancer(as_frame=True)
rows = cancer.data.iloc[:, :10].assign(diagnosis=cancer.target_names[cancer.target])
rows = rows.sample(frac=1, random_state=0)
train, held_out = rows[:285], rows[285:]  # the second half is never shown to the model
vae = VAE(epochs=int(os.environ["EPOCHS"]) if "EPOCHS" in os.environ else None).fit(train)
shared = vae.generate(len(train))


def auc(frame: pd.DataFrame) -> float:
    """AUC on held-out rows of a forest that learns the diagnosis from a frame."""
    cells = list(rows.columns[:10])
    model = RandomForestClassifier(300, random_state=0).fit(frame[cells], frame.diagnosis == "malignant")
    return float(roc_auc_score(held_out.diagnosis == "malignant", model.predict_proba(held_out[cells])[:, 1]))


print(f"trained on synthetic rows: AUC {auc(shared):.3f}; on the real ones: {auc(train):.3f}")

found = vae.privacy(train, held_out, synthetic=shared)
print(f"closer to a training row than to a held-out one: {found.dcr_share:.2f} ± {found.dcr_share_error:.2f} (0.5)")
print(f"copies of training rows: {found.copies:.3f}, among held-out rows {found.copies_held_out:.3f}")
print(f"membership attacks, AUROC: {found.attack_by_distance:.2f} by distance", end=", ")
print(f"{found.attack_by_likelihood:.2f} by the model's file; ± {found.attack_error:.2f} where nothing leaks")

# More of what is rare: as many malignant as benign rows, and rows of a given kind
even = vae.generate(200, balance="diagnosis")
large = vae.generate(50, given={"diagnosis": "benign", "mean radius": (14, None)})
print(even.diagnosis.value_counts().to_dict(), f"smallest radius of large benign tumours: {large['mean radius'].min()}")
