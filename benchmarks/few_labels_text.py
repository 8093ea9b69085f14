"""Sentiment of review sentences, of which 20, 100 or 500 of the training ones have a label (docs/few_labels.md).

All training sentences are read without their labels; the asked tenth is named. Ours: logistic regression on the latents
of a ``Text`` of all training sentences, and ``Classifier`` (variant "semi") on a hundred principal components of n-gram
weights, whose unlabelled rows train it, too. Opponents on the same labels: logistic regression on TF-IDF weights of
words (1 and 2) and of characters (2 to 5), whose document frequencies are those of all training sentences; on the same
components; self-training on words; and the more frequent label. Penalties are chosen by cross-validation on the labels.
``accuracy`` on the asked sentences, mean over ``--draws`` draws of the labelled sentences.

    python benchmarks/few_labels_text.py --json docs/results/few_labels_text.json
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
from common import Array, options, table, write_json
from scipy.sparse import hstack
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from text_data import Split, split

from quintet import VAE, Classifier, Text

COUNTS = (20, 100, 500)
COMPONENTS = 100
PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0)
Rows = dict[str, tuple[Any, Any]]
"""Name -> rows of the training and of the asked sentences."""


def represented(lines: Split, epochs: int, seed: int) -> Rows:
    """The sentences as rows, by every representation; no label is read."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, token_pattern=r"\S+")
    signs = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=3)
    found: Rows = {
        name: (kind.fit_transform(lines.train), kind.transform(lines.test))
        for name, kind in (("words", words), ("characters", signs))
    }
    both = [hstack([found[name][k] for name in ("words", "characters")]).tocsr() for k in (0, 1)]
    reduce = make_pipeline(TruncatedSVD(COMPONENTS, random_state=seed), StandardScaler())
    found["components"] = (reduce.fit_transform(both[0]), reduce.transform(both[1]))
    vae = VAE(latent_dim=32, context="none", calibration=0.0, epochs=epochs, verbose=False)
    text = Text(vae, random_state=seed).fit(lines.train)
    scale = StandardScaler()
    latents = text.transform(lines.train)
    print(f"latents: {int((latents.std(0) > 0.1).sum())} of {latents.shape[1]} in use", file=sys.stderr)
    found["latents"] = (scale.fit_transform(latents), scale.transform(text.transform(lines.test)))
    return found


def logistic(x: Any, y: Array, test: Any) -> Array:
    """The labels of test rows by logistic regression, whose penalty is chosen by cross-validation."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    search = GridSearchCV(LogisticRegression(max_iter=2000), {"C": PENALTIES}, cv=folds)
    return np.asarray(search.fit(x, y).predict(test))


def self_trained(x: Any, y: Array, test: Any) -> Array:
    """The same by self-training; y is -1 where there is no label."""
    return np.asarray(SelfTrainingClassifier(LogisticRegression(C=10.0), threshold=0.8).fit(x, y).predict(test))


def semi(x: Any, y: Array, test: Any, epochs: int, seed: int) -> Array:
    """The same by ``Classifier``."""
    vae = VAE("semi", calibration=0.0, epochs=epochs, verbose=False)
    return np.asarray(Classifier(vae, random_state=seed).fit(x, y).predict(test))


def named(rows: Rows, y: Array, epochs: int, seed: int) -> dict[str, Array]:
    """The labels of the asked sentences by every way; y is -1 where there is no label."""
    at = y >= 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence
        found = {name: logistic(x[at], y[at], test) for name, (x, test) in rows.items()}
        (words, asked), (parts, others) = rows["words"], rows["components"]
        found["self_training"] = self_trained(words, y, asked)
        found["semi"] = semi(parts, y, others, epochs, seed)
    return found


def few(y: Array, count: int, rng: np.random.Generator) -> Array:
    """y with all but ``count`` labels, as many of each class, replaced by -1."""
    out = np.full(len(y), -1)
    for label in np.unique(y):
        out[rng.choice(np.flatnonzero(y == label), count // 2, replace=False)] = label
    return out


def main() -> None:
    """Represent, draw labels, classify."""
    parser = options(__doc__ or "")
    parser.add_argument("--epochs", type=int, default=8, help="of the model of text")
    parser.add_argument("--semi-epochs", type=int, default=20, help="of each fit of the semi-supervised classifier")
    parser.add_argument("--draws", type=int, default=3, help="draws of the labelled sentences")
    args = parser.parse_args()
    lines = split("sentences", args.seed, 2000 if args.quick else None)
    y, truth = (np.array(lines.labels[part]) for part in ("train", "test"))
    rows = represented(lines, 1 if args.quick else args.epochs, args.seed)
    figures: dict[str, float] = {"sentences": float(len(y)), "asked": float(len(truth)), "draws": float(args.draws)}
    figures["majority.accuracy"] = float(max(np.mean(truth == 0), np.mean(truth == 1)))
    for count in COUNTS:
        scores: dict[str, list[float]] = {}
        for draw in range(args.draws):
            known = few(y, count, np.random.default_rng([args.seed, count, draw]))
            for name, found in named(rows, known, args.semi_epochs, args.seed).items():
                scores.setdefault(name, []).append(float(np.mean(found == truth)))
            print(count, draw, {name: round(each[-1], 3) for name, each in scores.items()}, file=sys.stderr, flush=True)
        for name, each in scores.items():
            figures[f"{count}.{name}.accuracy"] = float(np.mean(each))
            figures[f"{count}.{name}.sd"] = float(np.std(each))
    names = ("semi", "latents", "words", "characters", "components", "self_training")
    table(
        "accuracy",
        [(str(count), *(f"{figures[f'{count}.{name}.accuracy']:.3f}" for name in names)) for count in COUNTS],
        ("labels", *names),
    )
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
