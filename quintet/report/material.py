"""What the report is made of: rows, labels and the model's answers about them, each asked once."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quintet.errors import QuintetWarning
from quintet.report.figures.images import drawn_in_ink, is_picture, value_range
from quintet.report.figures.palettes import Palette
from quintet.report.labels import Labels
from quintet.report.origin import Origin

if TYPE_CHECKING:
    from quintet.estimators import VAE

Array = NDArray[Any]


@dataclass
class ReportMaterial:
    """Rows in the user's units and what the model says of them.

    Parameters
    ----------
    test, labels : rows that the model is judged by (n, *row), and what is known of them.
    train : rows the model was fitted to, or None.
    strange, strange_names : rows of another kind (k, *row), or None, and each one's name.
    strange_title : what the strange rows are called, such as "letters".
    grid_range : the plane of two latents is shown from minus to plus this.
    quick : fewer rows everywhere.
    origin : what the fit did with the rows.
    """

    vae: VAE
    test: Array
    labels: Labels
    palette: Palette
    train: Array | None = None
    strange: Array | None = None
    strange_names: tuple[str, ...] = ()
    strange_title: str = "strange"
    grid_range: float = 3.0
    quick: bool = False
    seed: int = 0
    origin: Origin = field(default_factory=lambda: Origin(0))
    _scores: dict[str, Any] = field(default_factory=dict)

    @property
    def pictures(self) -> bool:
        """True where rows can be shown as pictures."""
        return is_picture(self.test.shape[1:])

    @property
    def home(self) -> str:
        """What one normal row is called: a digit, a picture or a row."""
        names = self.labels.names
        if self.pictures and len(names) > 1 and all(n.isdigit() and len(n) == 1 for n in names):
            return "digit"
        return "picture" if self.pictures else "row"

    @property
    def features(self) -> Sequence[str] | None:
        """Names of a table's features, where there are some."""
        names: Sequence[str] | None = self.vae.schema_.feature_names
        return names

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest value that a cell is shown with."""
        schema = self.vae.schema_
        if schema.kind == "image8":
            return 0.0, float(schema.levels - 1)
        return (0.0, 1.0) if schema.kind in ("unit", "binary") else value_range(self.test)

    @cached_property
    def ink(self) -> bool:
        """Whether pictures are shown dark on paper: what is true of the real rows holds for all drawn ones."""
        return self.pictures and drawn_in_ink(self.test)

    @property
    def which(self) -> str:
        """What the judged rows are: "held-out", "training" rows, or merely "given"."""
        return self.origin.word

    @property
    def known(self) -> Array:
        """The rows that baselines may learn from: training rows, else the held-out ones."""
        return self.test if self.train is None else self.train

    @cached_property
    def latents(self) -> Array:
        """Latent means of the held-out rows, (n, latent_dim)."""
        return self.encode(self.test)

    @cached_property
    def strange_latents(self) -> Array:
        """Latent means of the strange rows, (k, latent_dim)."""
        return self.encode(self.strange) if self.strange is not None else self.latents[:0]

    @cached_property
    def reconstructed(self) -> Array:
        """Reconstructions of the held-out rows."""
        return np.asarray(self.vae.reconstruct(self.test))

    @cached_property
    def activity(self) -> Array:
        """How much each latent carries: its KL in nats after training, else the variance of its means."""
        first = self.history[0].get("stage") if self.history else None  # later stages leave the joint as it is
        for row in reversed([row for row in self.history if row.get("stage") == first]):
            if row.get("kl_per_latent") and len(row["kl_per_latent"]) == self.latents.shape[1]:
                return np.asarray(row["kl_per_latent"], dtype=float)
        return np.asarray(self.latents.var(axis=0))

    @property
    def history(self) -> list[dict[str, Any]]:
        """One row an epoch; empty where the file holds none."""
        history = getattr(self.vae, "history_", None)
        return list(history) if history is not None else []

    def encode(self, rows: Array) -> Array:
        """Rows to latent means."""
        return np.asarray(self.vae.transform(rows), dtype=float).reshape(len(rows), -1)

    def decode(self, latents: Array) -> Array:
        """Latents (n, latent_dim) to rows; of a conditional model, under its commonest condition."""
        return np.asarray(self.vae.inverse_transform(np.asarray(latents, dtype=np.float32), self.usual))

    @property
    def conditions(self) -> list[dict[str, Any]]:
        """The conditions that a conditional model knows, the commonest first; none for the others."""
        condition = self.vae.schema_.condition
        if condition is None:
            return []
        order = np.argsort(-np.asarray(condition.weights), kind="stable")
        return [condition.point(int(i)) for i in order]

    @property
    def usual(self) -> dict[str, Any] | None:
        """The commonest condition of a conditional model."""
        return self.conditions[0] if self.conditions else None

    def rows_of(self, name: str) -> Array | None:
        """The rows called "train", "test" or "strange"."""
        return {"train": self.train, "test": self.test, "strange": self.strange}[name]

    def detection(self, name: str) -> Any:
        """The model's answer to detect on a set of rows: scores, p_values, is_anomaly, where."""
        if name not in self._scores:
            with warnings.catch_warnings():  # on calls of anomalies, which the page does not show
                warnings.simplefilter("ignore", QuintetWarning)
                self._scores[name] = self.vae.detect(self.rows_of(name))
        return self._scores[name]

    def surprise(self, name: str) -> Array:
        """The score of detect for a set of rows, higher is stranger."""
        if name == "train" and name not in self._scores:  # its p-values and maps are not asked for
            self._scores["train surprise"] = -np.asarray(self.vae.score_samples(self.train), dtype=float)
            return np.asarray(self._scores["train surprise"])
        return np.asarray(self.detection(name).scores, dtype=float)

    def error(self, name: str) -> Array:
        """Mean squared reconstruction error of a set of rows, in parts of the range, or of the spread, squared."""
        key = f"error {name}"
        if key not in self._scores:
            rows = self.rows_of(name)
            assert rows is not None
            back = self.reconstructed if name == "test" else np.asarray(self.vae.reconstruct(rows))
            self._scores[key] = self.squared_error(rows, back)
        return np.asarray(self._scores[key])

    def squared_error(self, rows: Array, answer: Array) -> Array:
        """Mean squared error of each row, (n,): cells in parts of the range (pictures) or spread (tables)."""
        gap = (np.asarray(answer, dtype=float) - np.asarray(rows, dtype=float)).reshape(len(rows), -1)
        return np.asarray(np.nanmean((gap / self.unit) ** 2, axis=1))

    @cached_property
    def unit(self) -> Array:
        """What errors are measured in: the range of a cell, or each feature's standard deviation."""
        if self.pictures or self.vae.schema_.kind != "real":
            return np.array([self.limits[1] - self.limits[0]])
        spread = np.nanstd(np.asarray(self.known, dtype=float).reshape(len(self.known), -1), axis=0)
        return np.where(spread > 0, spread, 1.0)

    def comparable(self, rows: Array) -> Array:
        """Rows as vectors (n, cells) in units that make their distances mean something; holes hold the cell's mean."""
        from sklearn.impute import SimpleImputer

        vectors = rows.reshape(len(rows), -1).astype(float) / self.unit
        if not np.isnan(vectors).any():
            return np.asarray(vectors)
        known = self.known.reshape(len(self.known), -1).astype(float) / self.unit
        return np.asarray(SimpleImputer(keep_empty_features=True).fit(known).transform(vectors))

    def examples(self, count: int) -> Array:
        """Indices of ``count`` held-out rows, one of each class in turn where there are classes."""
        order = np.random.default_rng(self.seed).permutation(len(self.test))
        if self.labels.codes is None:
            return order[:count]
        codes = self.labels.codes[order]
        turn = np.zeros(len(order), dtype=int)
        for code in np.unique(codes):
            turn[codes == code] = np.arange(int((codes == code).sum()))
        return order[np.lexsort((codes, turn))][:count]
