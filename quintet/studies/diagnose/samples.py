"""Mode collapse and copies: do samples cover the data, lie near it, and differ from the training rows?"""

from __future__ import annotations

import numpy as np

from quintet.studies.classifier import Features
from quintet.studies.diagnose.finding import Array, Finding, Patient, flat

COUNT, NEAR = 1000, 5


def coverage(patient: Patient, new: Array) -> Finding:
    """Precision and coverage (Naeem et al., 2020) by 5 nearest neighbours, on principal components of the rows."""
    from sklearn.decomposition import PCA
    from sklearn.neighbors import NearestNeighbors

    real, drawn = flat(patient.held[:COUNT]), flat(new[:COUNT])
    space = PCA(min(50, *real.shape), random_state=0).fit(real)
    real, drawn = space.transform(real), space.transform(drawn)
    k = min(NEAR, len(real) - 1)
    reach = NearestNeighbors(n_neighbors=k + 1).fit(real).kneighbors(real)[0][:, -1]
    apart = np.sqrt(np.maximum((real**2).sum(1)[:, None] - 2 * real @ drawn.T + (drawn**2).sum(1)[None], 0))
    inside = apart <= reach[:, None]
    covered, precise = float(inside.any(1).mean()), float(inside.any(0).mean())
    figure = f"{covered:.0%} of held-out rows have a sample near them; {precise:.0%} of samples lie near a row"
    figures = {"coverage": covered, "precision": precise}
    if covered < 0.5:
        meaning = "Samples leave out much of the data: mode collapse, or a prior that misses the codes."
        return Finding("mode collapse", False, figure, meaning, **_wider(patient), figures=figures)
    if precise < 0.5:
        meaning = "Many samples look like no row: the prior has holes."
        cure = 'vae.generate(64, temperature=0.8)  # or sampler="flow"'
        command = "quintet generate MODEL -n 64 --temperature 0.8 --out new.npz"
        return Finding("samples off the data", False, figure, meaning, cure, command, figures)
    return Finding("samples", True, figure, "Samples cover the data and lie near it.", figures=figures)


def _wider(patient: Patient) -> dict[str, str]:
    """Another way to draw latents, where latents of rows are kept; another model, where not."""
    if not patient.vae.fitted_.model.has_posterior:
        return patient.anew("or more rows, or r1 ten times as large", variant="vae")
    return {
        "cure": 'vae.generate(64, sampler="mixture")  # or variant="vamp"',
        "command": "quintet generate MODEL -n 64 --sampler mixture --out new.npz",
    }


def classes(patient: Patient, new: Array) -> Finding | None:
    """How often each class is drawn, by a small classifier of the rows' labels."""
    if patient.labels is None or (patient.train is not None and len(np.unique(patient.labels)) < 2):
        return None
    names, counts = np.unique(patient.labels, return_counts=True)
    if not 2 <= len(names) <= 50:
        return None
    rows = flat(patient.held)
    top = float(np.abs(rows).max()) or 1.0
    told = Features(rows, patient.labels, top, patient.seed, epochs=30).predict(flat(new))
    share = np.array([(told == name).mean() for name in names])
    wanted = counts / counts.sum()
    least = int((share / wanted).argmin())
    figure = ", ".join(f"{name} {s:.0%}" for name, s in zip(names, share, strict=True))
    figures = {f"share_{name}": float(s) for name, s in zip(names, share, strict=True)}
    if share[least] < 0.25 * wanted[least]:
        meaning = (
            f"Class {names[least]} is drawn {share[least]:.1%} of the time; among the rows it is {wanted[least]:.0%}."
        )
        cure = f'vae.set_params(variant="cvae").fit(X, y).generate(64, condition={names[least].item()!r})'
        return Finding("classes left out", False, figure, meaning, cure, figures=figures)
    return Finding("classes of samples", True, figure, "Every class is drawn.", figures=figures)


def copies(patient: Patient, new: Array) -> Finding | None:
    """How near samples are to training rows, beside how near held-out rows are."""
    if patient.train is None:
        return None
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=1).fit(flat(patient.train))
    ours = near.kneighbors(flat(new[:COUNT]))[0].ravel()
    usual = near.kneighbors(flat(patient.held[:COUNT]))[0].ravel()
    ratio = float(np.median(ours) / max(np.median(usual), 1e-12))
    figure = f"the median sample is {ratio:.2f} times as far from its nearest training row as a held-out row is"
    if ratio < 0.3:
        meaning = "Samples repeat training rows."
        cure = patient.anew(training__patience=5, training__validation=0.1)
        return Finding("copies", False, figure, meaning, **cure, figures={"copy_ratio": ratio})
    return Finding("copies", True, figure, "Samples are new rows.", figures={"copy_ratio": ratio})
