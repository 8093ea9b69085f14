"""Diagnosis of samples: precision, coverage, classes left out, and copies of training rows."""

from __future__ import annotations

import numpy as np

from quintet.inference.samplers.selection import sampler_for
from quintet.studies.classifier import Features
from quintet.studies.diagnose.finding import Array, Finding, Patient

COUNT, NEAR = 1000, 5
MOST_CLASSES = 50


def precision_and_coverage(patient: Patient, new: Array) -> Finding:
    """Precision and coverage (Naeem et al., 2020) by 5 nearest neighbours, on principal components of the rows."""
    from sklearn.decomposition import PCA
    from sklearn.neighbors import NearestNeighbors

    real, drawn = (patient.comparable(rows[:COUNT]) for rows in (patient.held, patient.with_holes(new)))
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
        meaning = "Samples cover less than half of the data, through mode collapse or a prior far from the codes."
        return Finding("mode collapse", False, figure, meaning, **_wider(patient), figures=figures)
    if precise < 0.5:
        meaning = "More than half of the samples are far from all rows: the prior has holes."
        cure = 'vae.generate(64, temperature=0.8)  # or sampler="flow"'
        command = "quintet generate MODEL -n 64 --temperature 0.8 --out new.npz"
        return Finding("samples off the data", False, figure, meaning, cure, command, figures)
    return Finding("samples", True, figure, "Samples cover the data and are near it.", figures=figures)


def _wider(patient: Patient) -> dict[str, str]:
    """A remedy for low coverage: another sampler, or another model if there is no posterior."""
    if not patient.vae.fitted_.model.has_posterior:
        return patient.anew("or more rows, or r1 ten times as large", variant="vae")
    other = "flow" if sampler_for(patient.vae.fitted_, None) == "mixture" else "mixture"
    return {
        "cure": f'vae.generate(64, sampler="{other}")  # or variant="vamp"',
        "command": f"quintet generate MODEL -n 64 --sampler {other} --out new.npz",
    }


def classes(patient: Patient, new: Array) -> Finding | None:
    """Frequency of each class among samples, by a small classifier trained on the held-out rows."""
    if patient.labels is None or not 2 <= len(np.unique(patient.labels)) <= MOST_CLASSES:
        return None
    rows, drawn = patient.comparable(patient.held), patient.comparable(new)
    top = float(np.abs(rows).max()) or 1.0
    read = Features(rows, patient.labels, top, patient.seed, epochs=30).predict(drawn)
    fold = np.arange(len(rows)) % 2 == 0
    guess = np.empty_like(patient.labels)
    for learn in (fold, ~fold):
        guess[~learn] = Features(rows[learn], patient.labels[learn], top, patient.seed, epochs=30).predict(rows[~learn])
    known = None if patient.train_labels is None else np.unique(patient.train_labels)
    return drawn_classes(read, patient.labels, guess, known)


def drawn_classes(read: Array, labels: Array, guess: Array, known: Array | None) -> Finding | None:
    """Classes that the samples leave out.

    Parameters
    ----------
    read : (m,) predicted class of each sample.
    labels, guess : (n,) true and cross-validated predicted classes of the held-out rows. The rate at which rows of
        other classes are mistaken for a class is subtracted from its frequency among samples.
    known : classes in the training data; None if unknown. Other classes can be predicted, but not generated.
    """
    names, counts = np.unique(labels, return_counts=True)
    learnt = np.full(len(names), True) if known is None else np.isin(names, known)
    if learnt.sum() < 2:
        return None
    share = np.array([(read == name).mean() for name in names])
    mistaken = np.array([(guess[labels != name] == name).mean() for name in names])
    wanted = counts / counts[learnt].sum()
    beyond = np.where(learnt, (share - mistaken) / wanted, np.inf)
    least = int(beyond.argmin())
    figure = ", ".join(f"{name} {s:.0%}" for name, s in zip(names, share, strict=True))
    figure += f" of the samples, by a classifier that errs in {(guess != labels).mean():.0%} of held-out rows"
    figures = {f"share_{name}": float(s) for name, s in zip(names, share, strict=True)}
    strangers = ", ".join(str(name) for name in names[~learnt])
    rest = (
        f" Class {strangers} is not in the training data, so samples predicted as such are errors." if strangers else ""
    )
    if beyond[least] < 0.25:
        meaning = (
            f"Class {names[least]} is predicted for {share[least]:.1%} of the samples and, wrongly, for "
            f"{mistaken[least]:.1%} of rows of other classes; its share of the rows is {wanted[least]:.0%}.{rest}"
        )
        cure = f'vae.set_params(variant="cvae").fit(X, y).generate(64, condition={names[least].item()!r})'
        return Finding("classes left out", False, figure, meaning, cure, figures=figures)
    whose = "of these rows" if known is None else "of the training data"
    return Finding("classes of samples", True, figure, f"Samples include every class {whose}.{rest}", figures=figures)


def copies(patient: Patient, new: Array) -> Finding | None:
    """Copies: distance of samples to training rows, relative to that of held-out rows."""
    if patient.train is None:
        return None
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=1).fit(patient.comparable(patient.train))
    ours = near.kneighbors(patient.comparable(patient.with_holes(new[:COUNT])))[0].ravel()
    usual = near.kneighbors(patient.comparable(patient.held[:COUNT]))[0].ravel()
    ratio = float(np.median(ours) / max(np.median(usual), 1e-12))
    figure = f"the median sample is {ratio:.2f} times as far from its nearest training row as a held-out row is"
    if ratio < 0.3:
        meaning = "Samples are copies of training rows."
        cure = patient.anew(training__patience=5, training__validation=0.1)
        return Finding("copies", False, figure, meaning, **cure, figures={"copy_ratio": ratio})
    return Finding("copies", True, figure, "Samples are not copies of training rows.", figures={"copy_ratio": ratio})
