"""Rows of a class made from latents, and classes found among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from quintet.arguments import BatchRows, Condition, Count, Labels, Missing, NotNegative, PerClass, RandomState, RowsLike
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._input import user_rows
from quintet.estimators.edit_methods import EditMethods, one_column
from quintet.inference.latent_bank import NAME
from quintet.numerics.memory import CELL, hold_room
from quintet.tasks.edit import augment as new_rows
from quintet.tasks.edit.cluster import cluster
from quintet.tasks.edit.latent_graph import walk_from_labelled
from quintet.tasks.edit.traversal import decode_means


class AugmentMethods(EditMethods):
    """augment, cluster."""

    @public
    def augment(
        self,
        X: RowsLike,
        y: Labels,
        per_class: PerClass | None = None,
        *,
        how: str = "auto",
        neighbours: Count = 5,
        blur: NotNegative = 1.0,
        mask: Missing | None = None,
        batch_rows: BatchRows = 256,
        random_state: RandomState | None = None,
    ) -> tuple[Any, Array]:
        """New rows of every class, and their labels: (m, *row_shape) and (m,); put them beside X and y.

        Parameters
        ----------
        X, y : rows and their labels, (n,).
        per_class : how many new rows of each class, or a mapping of classes to numbers; None: as many as bring every
            class to the size of the largest.
        how : "conditional", drawn from p(x|z, y), for a model conditional on these labels; "walk", from a row by short
            steps through the latents of training rows, which need no labels; "interpolate", between the latents of a
            row and of one near it in its class; "neighbours", a draw from a row's own posterior; "auto", the first of
            them that can be.
        neighbours : nearest latents that a step of "walk" may lead to; rows of the same class that "interpolate"
            chooses from.
        blur : how wide the posterior is that a latent is drawn from at last; 0: none.
        """
        fitted, schema = self._check_fitted("generate"), self._check_fitted().schema
        array, labels = user_rows.numbers(X), one_column(y, "y")
        wanted = new_rows.counts(labels, per_class)
        chosen, seed = new_rows.choose(fitted, labels, how), self._seed(random_state)
        if len(labels) != len(array):
            raise InputError(f"y must hold one label for each of {len(array)} rows of X, got {len(labels)}.")
        hold_room("per_class", sum(wanted.values()), CELL * schema.size, "ask for fewer rows of a class")
        made = np.repeat(np.array(list(wanted)), list(wanted.values())).astype(labels.dtype)
        if chosen == "conditional":
            if not len(made):
                return array[:0], made
            rows = self.generate(  # type: ignore[attr-defined]
                len(made), made, batch_rows=batch_rows, random_state=seed
            )
            return rows, made
        self._check_fitted("transform")
        condition = labels if new_rows.is_condition(fitted, labels) else None
        z, spread, known = self._codes(X, condition, mask, batch_rows)
        if chosen == "walk":
            kept = fitted.reference[NAME]
            points, origin = walk_from_labelled(z, spread, kept, labels, wanted, neighbours, blur, seed)
        else:
            near = neighbours if chosen == "interpolate" else 0
            points, origin = new_rows.between(z, spread, labels, wanted, near, blur, seed)
        if not len(made):
            return array[:0], made
        known = None if known is None else known[torch.from_numpy(origin)]
        return self._as_asked(schema.to_user(decode_means(fitted, points, known, batch_rows=batch_rows))), made

    @public
    def cluster(
        self,
        X: RowsLike,
        k: Count,
        *,
        method: str = "mixture",
        return_probabilities: bool = False,
        condition: Condition | None = None,
        mask: Missing | None = None,
        batch_rows: BatchRows = 256,
        random_state: RandomState | None = None,
    ) -> Any:
        """Clusters of rows by their latents: labels (n,) of 0 .. k-1, the largest cluster first.

        Parameters
        ----------
        k : how many.
        method : "mixture" of normals with full covariances, or "kmeans".
        return_probabilities : give (labels, probabilities), the second (n, k).
        """
        z = self._codes(X, condition, mask, batch_rows)[0].numpy()
        labels, shares = cluster(z, k, method, self._seed(random_state))
        return (labels, shares) if return_probabilities else labels
