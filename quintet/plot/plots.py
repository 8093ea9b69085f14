"""Plots: the figures of a fitted model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.arguments import Condition, Count, FittedVAE, Labels, Missing, RowsLike, Seed
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import Unanswerable
from quintet.plot.cells import as_mask_of, cells_of, first_rows, hidden_cells

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Palette = str | Sequence[str]
"""The name of a palette (``quintet.report.palette_names()``), or its colours."""


class Plots:
    """The figures of a fitted model; each method returns a Matplotlib figure, as the report has it.

    ``vae.plot`` makes it. A notebook shows a figure that ends a cell once it has run ``%matplotlib inline``;
    ``figure.savefig("samples.png")`` writes it. Figures are outside of pyplot, so nothing has to be closed.
    """

    def __init__(self, vae: FittedVAE) -> None:
        self._vae = vae

    def __repr__(self) -> str:
        names = (name for name in vars(type(self)) if not name.startswith("_"))
        return f"Figures of a fitted model: {', '.join(f'{name}()' for name in names)}"

    @public
    def samples(
        self,
        X: RowsLike | None = None,
        n: Count = 60,
        *,
        condition: Condition | None = None,
        random_state: Seed | None = None,
        palette: Palette = "petroff",
    ) -> Figure:
        """New rows: pictures, or histograms of the columns against those of X.

        Parameters
        ----------
        X : real rows, with which columns are compared; of pictures they set the lightest and the darkest value.
        n : number of new rows; of columns at least 1,000 are drawn.
        condition : of the new rows, for a conditional model.
        """
        from quintet.report.figures.samples import prior_samples

        schema = self._vae.schema_
        count = n if schema.is_image else max(n, 1000)
        new = cells_of(schema, self._vae.generate(count, condition, random_state=random_state))
        real = None if X is None else cells_of(schema, X)
        return prior_samples(new, real, names=self._names, palette=palette, **_tones(real))

    @public
    def reconstructions(self, X: RowsLike, n: Count = 20, *, palette: Palette = "petroff") -> Figure:
        """The first n rows of X above their reconstructions; cells of columns as a scatter plot."""
        from quintet.report.figures.samples import reconstructions

        back = self._cells(self._vae.reconstruct(first_rows(X, n)))
        return reconstructions(self._cells(X, n), back, palette=palette)

    @public
    def latents(self, X: RowsLike, y: Labels | None = None, *, palette: Palette = "petroff") -> Figure:
        """The latents of X on their first two principal components, coloured by the labels y."""
        from quintet.report.figures.latents import latent_pca, principal
        from quintet.report.labels import as_labels

        plane, share = principal(np.asarray(self._vae.transform(X)))
        labels: Any = y
        return latent_pca(plane, share, as_labels(labels), palette)

    @public
    def traversals(self, X: RowsLike, latents: Sequence[int] | None = None, *, palette: Palette = "petroff") -> Figure:
        """The first row of X with one latent changed at a time, from -3 to 3.

        Parameters
        ----------
        latents : which; None: the eight with the largest KL, or with the largest variance if it is not known.
        """
        from quintet.report.figures.samples import traversals

        chosen = list(np.argsort(-self._activity(X), kind="stable")[:8]) if latents is None else list(latents)
        values = np.linspace(-3.0, 3.0, 9)
        row = cells_of(self._vae.schema_, X, 1)[0] if not self._vae.schema_.columns else first_rows(X, 1)
        paths = [self._cells(self._vae.traverse(row, int(d), values.tolist())) for d in chosen]
        known = self._cells(X)
        return traversals(np.stack(paths), values, chosen, self._names, known, palette=palette, **_tones(known))

    @public
    def history(self, *, palette: Palette = "petroff") -> Figure:
        """Distortion and rate of the first stage of training, against the epoch."""
        from quintet.report.figures.curves import learning_curves

        return learning_curves(self._epochs(), palette=palette)

    @public
    def kl_per_latent(self, *, palette: Palette = "petroff") -> Figure:
        """The mean KL of each latent at the end of training, in nats, largest first."""
        from quintet.report.figures.curves import kl_per_latent

        found = self._last_kl()
        if found is None:
            raise Unanswerable(
                "This model's history has no KL per latent, because its variant has no rate: train variant='vae'."
            )
        return kl_per_latent(found, palette=palette)

    @public
    def detections(self, X: RowsLike, strange: RowsLike | None = None, *, palette: Palette = "petroff") -> Figure:
        """Densities of the anomaly score of X and of rows that are known to be strange."""
        from quintet.report.figures.surprise import score_histogram

        sets = {"test": X} | ({} if strange is None else {"strange": strange})
        scores = {name: -np.asarray(self._vae.score_samples(rows)) for name, rows in sets.items()}
        return score_histogram(scores, "anomaly score (higher is stranger)", palette=palette)

    @public
    def strangest(self, X: RowsLike, n: Count = 10, *, palette: Palette = "petroff") -> Figure:
        """The n rows of X with the highest anomaly scores, with these, highest first."""
        from quintet.report.figures.surprise import strangest

        scores, cells = -np.asarray(self._vae.score_samples(X)), self._cells(X)
        order = np.argsort(-scores, kind="stable")[:n]
        captions = [f"{scores[i]:.3g}".replace("-", "−") for i in order]
        return strangest(cells[order], captions, names=self._names, like=cells, palette=palette)

    @public
    def imputed(
        self,
        X: RowsLike,
        mask: Missing | None = None,
        n: Count = 10,
        *,
        random_state: Seed | None = None,
        palette: Palette = "petroff",
    ) -> Figure:
        """The first n rows of X, which are known, with cells hidden, their mean and three draws.

        Parameters
        ----------
        mask : True at hidden cells, as in ``impute``; None: half of the pixels or cells, drawn at random.
        """
        from quintet.report.figures.imputation import masked_against_imputed

        schema, rows, cells = self._vae.schema_, first_rows(X, n), self._cells(X, n)
        hidden = hidden_cells(schema, X, len(cells), mask, random_state or 0)
        own = as_mask_of(schema, rows, hidden)
        mean, draws = self._vae.impute(rows, draws=3, mask=own, return_mean=True, random_state=random_state)
        drawn = np.stack([self._cells(draw) for draw in draws])
        return masked_against_imputed(cells, hidden, self._cells(mean), drawn, palette=palette)

    @property
    def _names(self) -> list[str] | None:
        names = self._vae.schema_.feature_names
        return None if names is None else list(names)

    def _cells(self, rows: Any, most: int | None = None) -> Array:
        return cells_of(self._vae.schema_, rows, most)

    def _epochs(self) -> list[dict[str, Any]]:
        """The history's rows; ``Unanswerable`` for a file without a history."""
        rows: list[dict[str, Any]] = self._vae.history_.rows
        if not rows:
            raise Unanswerable("This model has no history of its training, which files of preset='small' leave out.")
        return rows

    def _last_kl(self) -> Array | None:
        """KL of each latent in nats at the end of the first stage; later ones do not change p(x, z)."""
        rows = self._epochs()
        known = [row["kl_per_latent"] for row in rows if row["stage"] == rows[0]["stage"] and "kl_per_latent" in row]
        return np.asarray(known[-1]) if known else None

    def _activity(self, X: Any) -> Array:
        known = self._last_kl() if self._vae.history_.rows else None
        if known is not None and len(known) == self._vae.latent_dim_:
            return known
        return np.asarray(np.asarray(self._vae.transform(X)).var(0))


def _tones(cells: Array | None) -> dict[str, Any]:
    """The ends of the scale, and whether pictures are drawn in ink, by rows that are known; {} for columns."""
    from quintet.report.figures.images import drawn_in_ink, is_picture, value_range

    if cells is None or not is_picture(cells.shape[1:]):
        return {}
    return {"limits": value_range(cells), "ink": drawn_in_ink(cells)}
