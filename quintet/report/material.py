"""Material of a report: rows, labels, and the model's results on them, each computed once."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quintet.errors import QuintetWarning
from quintet.report.batch import batch_of
from quintet.report.figures.images import drawn_in_ink, is_picture, value_range
from quintet.report.figures.palettes import Palette
from quintet.report.labels import Labels
from quintet.report.ordered import is_ordered
from quintet.report.origin import Origin
from quintet.report.scaling import feature_spread, mean_squared_error, scaled_vectors

if TYPE_CHECKING:
    from quintet.estimators import VAE

Array = NDArray[Any]


@dataclass
class ReportMaterial:
    """Rows in the user's units, and the model's cached results on them.

    Parameters
    ----------
    test, labels : evaluated rows (n, *row), and their labels.
    train : training rows, or None.
    strange, strange_names : anomalous rows (k, *row), or None, and their names.
    strange_title : the noun for the anomalous rows, such as "letters".
    grid_range : largest absolute value of the plane of two latents.
    quick : use fewer rows.
    origin : how training used the rows.
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
        """Whether rows can be shown as pictures."""
        return is_picture(self.test.shape[1:])

    @cached_property
    def series(self) -> bool:
        """Whether rows are series, which are shown as curves."""
        return is_ordered(np.asarray(self.known), self.features)

    @property
    def home(self) -> str:
        """The noun for one normal row: digit, picture or row."""
        names = self.labels.names
        if self.pictures and len(names) > 1 and all(n.isdigit() and len(n) == 1 for n in names):
            return "digit"
        return "picture" if self.pictures else "row"

    @property
    def features(self) -> Sequence[str] | None:
        """Names of a table's features; None without names."""
        names: Sequence[str] | None = self.vae.schema_.feature_names
        return names

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest displayed value of a cell."""
        schema = self.vae.schema_
        return (0.0, schema.top) if schema.support.is_bounded else value_range(self.test)

    @cached_property
    def ink(self) -> bool:
        """Whether pictures are shown dark on white; decided by the real rows for all pictures."""
        return self.pictures and drawn_in_ink(self.test)

    @property
    def which(self) -> str:
        """The name of the evaluated rows: "held-out", "training" or "given"."""
        return self.origin.word

    @property
    def known(self) -> Array:
        """The rows that baselines are fitted to: training rows, else the held-out rows."""
        return self.test if self.train is None else self.train

    @property
    def latent_dim(self) -> int:
        """The number of latents."""
        own = getattr(self.vae, "latent_dim_", None)
        return self.latents.shape[1] if own is None else int(own)

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
        """Activity of each latent: its KL in nats after training, else the variance of its posterior means."""
        first = self.history[0].get("stage") if self.history else None  # later stages do not change the joint
        for row in reversed([row for row in self.history if row.get("stage") == first]):
            if row.get("kl_per_latent") and len(row["kl_per_latent"]) == self.latent_dim:
                return np.asarray(row["kl_per_latent"], dtype=float)
        return np.asarray(self.latents.var(axis=0))

    @property
    def history(self) -> list[dict[str, Any]]:
        """The training history, one row per epoch; empty if the file has none."""
        history = getattr(self.vae, "history_", None)
        return list(history) if history is not None else []

    def encode(self, rows: Array) -> Array:
        """Encode rows to latent means."""
        return np.asarray(self.vae.transform(rows), dtype=float).reshape(len(rows), -1)

    def decode(self, latents: Array) -> Array:
        """Decode latents (n, latent_dim) to rows; a conditional model uses its most frequent condition."""
        points, size = np.asarray(latents, dtype=np.float32), batch_of(len(latents), 256)
        return np.asarray(self.vae.inverse_transform(points, self.usual, batch_rows=size))

    @property
    def conditions(self) -> list[dict[str, Any]]:
        """The conditions of a conditional model, the most frequent first; [] for other models."""
        condition = self.vae.schema_.condition
        if condition is None:
            return []
        order = np.argsort(-np.asarray(condition.weights), kind="stable")
        return [condition.point(int(i)) for i in order]

    @property
    def usual(self) -> dict[str, Any] | None:
        """The most frequent condition of a conditional model; None for other models."""
        return self.conditions[0] if self.conditions else None

    def rows_of_set(self, name: str) -> Array | None:
        """The rows of the set "train", "test" or "strange"."""
        return {"train": self.train, "test": self.test, "strange": self.strange}[name]

    def detection(self, name: str) -> Any:
        """The result of ``detect`` on a set of rows: scores, p_values, is_anomaly, where."""
        if name not in self._scores:
            with warnings.catch_warnings():  # warnings on decisions, which the page does not show
                warnings.simplefilter("ignore", QuintetWarning)
                rows: Any = self.rows_of_set(name)
                self._scores[name] = self.vae.detect(rows)
        return self._scores[name]

    def surprise(self, name: str) -> Array:
        """The anomaly score of a set of rows; higher is more anomalous."""
        if name == "train" and name not in self._scores:  # p-values and maps are not needed
            known: Any = self.train
            self._scores["train surprise"] = -np.asarray(self.vae.score_samples(known), dtype=np.float64)
            return np.asarray(self._scores["train surprise"])
        return np.asarray(self.detection(name).scores, dtype=float)

    def error(self, name: str) -> Array:
        """Mean squared reconstruction error of each row of a set, in units of ``unit`` squared."""
        key = f"error {name}"
        if key not in self._scores:
            rows = self.rows_of_set(name)
            assert rows is not None
            back = self.reconstructed if name == "test" else np.asarray(self.vae.reconstruct(rows))
            self._scores[key] = self.squared_error(rows, back)
        return np.asarray(self._scores[key])

    def squared_error(self, rows: Array, answer: Array) -> Array:
        """Mean squared error of each row, (n,), in units of ``unit`` squared."""
        return mean_squared_error(rows, answer, self.unit)

    @cached_property
    def unit(self) -> Array:
        """The unit of errors: the range of a cell (pictures), or each feature's standard deviation (tables)."""
        if self.pictures or not self.vae.schema_.is_standardised:
            return np.array([self.limits[1] - self.limits[0]])
        return feature_spread(self.known)

    def comparable(self, rows: Array) -> Array:
        """Rows as scaled vectors (n, cells) for distances; missing cells hold the cell's mean."""
        return scaled_vectors(rows, self.known, self.unit)

    def examples(self, count: int) -> Array:
        """Indices of ``count`` held-out rows, alternating between classes if there are any."""
        order = np.random.default_rng(self.seed).permutation(len(self.test))
        return self.labels.alternating(order)[:count]
