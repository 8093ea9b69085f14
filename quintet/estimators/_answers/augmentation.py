"""New rows of every class, to train other models on."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from quintet.arguments import BatchRows, Count, Labels, Missing, NotNegative, PerClass, RandomState, RowsLike
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._answers.containers import in_output_container, one_column
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for, seed_for
from quintet.estimators._answers.generation import generate
from quintet.estimators._answers.latents import posterior_moments
from quintet.estimators._input import user_rows
from quintet.numerics.memory import CELL, hold_room
from quintet.tasks.edit import augment as task
from quintet.tasks.edit.latent_graph import walk_from_labelled
from quintet.tasks.edit.traversal import decode_means


@public
def augment(
    self: FittedEstimator,
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
    """New rows of every class, and their labels: (m, *row_shape) and (m,), to append to X and y.

    Parameters
    ----------
    X, y : rows and their labels, (n,).
    per_class : how many new rows of each class, or a mapping of classes to numbers; None: as many as bring every
        class to the size of the largest.
    how : "conditional", drawn from p(x|z, y), for a model conditional on these labels; "walk", from a row by short
        steps through the latents of training rows, which need no labels; "interpolate", between the latents of a
        row and of one near it in its class; "neighbours", a draw from a row's own posterior; "auto", the first of
        these that is possible.
    neighbours : nearest latents that a step of "walk" may lead to; rows of the same class that "interpolate"
        chooses from.
    blur : factor of the posterior's spread, from which latents are drawn; 0: none.
    """
    fitted, schema = fitted_for(self, "generate"), fitted_for(self).schema
    array, labels = user_rows.cells_of(X, schema), one_column(y, "y")
    wanted = task.counts(labels, per_class)
    chosen, seed = task.choose(fitted, labels, how), seed_for(self, random_state)
    if len(labels) != len(array):
        raise InputError(f"y must hold one label for each of {len(array)} rows of X, got {len(labels)}.")
    hold_room("per_class", sum(wanted.values()), CELL * schema.size, "ask for fewer rows of a class")
    made = np.repeat(np.array(list(wanted)), list(wanted.values())).astype(labels.dtype)
    if chosen == "conditional":
        if not len(made):
            return in_output_container(self, array[:0]), made
        rows = generate(self, len(made), made, batch_rows=batch_rows, random_state=seed)
        return rows, made
    fitted_for(self, "transform")
    condition = labels if task.is_condition(fitted, labels) else None
    z, spread, known = posterior_moments(self, X, condition, mask, batch_rows)
    if chosen == "walk":
        bank = fitted.artifacts.latent_bank
        assert bank is not None
        points, origin = walk_from_labelled(z, spread, bank.points, labels, wanted, neighbours, blur, seed)
    else:
        near = neighbours if chosen == "interpolate" else 0
        points, origin = task.between(z, spread, labels, wanted, near, blur, seed)
    if not len(made):
        return in_output_container(self, array[:0]), made
    known = None if known is None else known[torch.from_numpy(origin)]
    return in_output_container(self, schema.to_user(decode_means(fitted, points, known, batch_rows=batch_rows))), made
