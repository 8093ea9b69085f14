"""Rows changed through their latents: attributes to edit by, style to hand on."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from quintet.arguments import BatchRows, Condition, Label, Labels, Missing, NumberOrEach, OneOrMore, RowsLike
from quintet.data.readers.frames import to_labels
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import InputError, Unanswerable
from quintet.estimators._fit.fitting import progress_of
from quintet.estimators.base import FittedEstimator
from quintet.estimators.encoding import encode, spreads
from quintet.tasks.edit.attributes import Attribute, attribute_named, fit_attribute
from quintet.tasks.edit.traversal import decode_means


class EditMethods(FittedEstimator):
    """fit_attribute, read_attribute, edit; transfer_style."""

    @property
    def attributes_(self) -> dict[str, Attribute]:
        """The attributes that were learnt, by name, in order; the saved file keeps them."""
        return self._check_fitted().attributes

    @public
    def fit_attribute(
        self,
        X: RowsLike,
        y: Labels,
        name: str | None = None,
        *,
        condition: Condition | None = None,
        mask: Missing | None = None,
        batch_rows: BatchRows = 256,
    ) -> Self:
        """Learn the direction in latent space along which a number or a label of rows changes.

        Parameters
        ----------
        X : (n, *row_shape); they need not be the training rows.
        y : (n,) numbers, or labels (text, True and False, or up to 50 whole numbers).
        name : what to call it; None: the name of a pandas Series, or "attribute". A known name is learnt anew.
        """
        fitted = self._check_fitted("transform")
        name = str(name or getattr(y, "name", None) or "attribute")
        values = one_column(y, name)
        z, spread, _ = self._codes(X, condition, mask, batch_rows)
        learnt = fit_attribute(name, z.numpy(), values, spread.numpy(), self.seed_)
        fitted.attributes.pop(name, None)
        fitted.attributes[name] = learnt
        return self

    @public
    def read_attribute(
        self,
        X: RowsLike,
        attribute: str | None = None,
        *,
        condition: Condition | None = None,
        mask: Missing | None = None,
        batch_rows: BatchRows = 256,
    ) -> Array:
        """What an attribute's probe reads of rows: numbers (n,), or the likeliest label of each (n,)."""
        probe = attribute_named(self._check_fitted("transform").attributes, attribute)
        found = probe.read(self._codes(X, condition, mask, batch_rows)[0]).numpy()
        return found[:, 0] if probe.levels is None else np.array(probe.levels)[found.argmax(1)]

    @public
    def edit(
        self,
        X: OneOrMore,
        by: NumberOrEach,
        attribute: str | None = None,
        *,
        to: Label | None = None,
        condition: Condition | None = None,
        mask: Missing | None = None,
        batch_rows: BatchRows = 256,
    ) -> Any:
        """Rows with one attribute changed, decoded from their moved latents; of X's shape.

        Parameters
        ----------
        X : one row of shape row_shape, or (n, *row_shape).
        by : how far, one number or one for each row: in the attribute's own units, or in nats of a label's log odds.
        attribute : its name; None: the one learnt last.
        to : the label to move to; of two levels the second where it is left out.
        condition : held on the way; None: the row's likeliest, for a conditional model.
        """
        fitted = self._check_fitted("transform")
        probe = attribute_named(fitted.attributes, attribute)
        single = np.shape(X) == fitted.schema.row_shape
        rows = np.asarray(X)[None] if single else X
        steps = torch.as_tensor(np.asarray(by, dtype=np.float32))
        if steps.ndim and len(steps) != len(rows):
            raise InputError(f"by must be one number, or one for each of {len(rows)} rows, got {len(steps)}.")
        z, _, known = self._codes(rows, condition, mask, batch_rows)
        with progress_of(self) as progress:
            moved = probe.moved(z, steps, to)
            x = decode_means(fitted, moved, known, batch_rows=batch_rows, progress=progress)
        edited = fitted.schema.to_user(x)
        return edited[0] if single else self._as_asked(edited, X)

    @public
    def transfer_style(
        self,
        content: OneOrMore,
        style: OneOrMore,
        *,
        content_condition: Condition | None = None,
        style_condition: Condition | None = None,
    ) -> Array:
        """What ``content`` rows show, in the way that ``style`` rows show theirs: their z, under the other condition.

        Parameters
        ----------
        content, style : one row each, or n rows each, or one style for n rows.
        content_condition, style_condition : None: each row's likeliest.
        """
        fitted = self._check_fitted("transform")
        if fitted.schema.condition is None:
            raise Unanswerable(
                "Style is what a condition leaves over, and this model has none: train variant='cvae' with labels as "
                "y, or carry rows from one set into the look of another by Translator."
            )
        (what, single), (how, _) = self._one_or_more(content, "content"), self._one_or_more(style, "style")
        if len(how) not in (1, len(what)):
            raise InputError(f"{len(what)} rows of content and {len(how)} of style came; give one style, or as many.")
        _, known = encode(fitted, self._take(what, content_condition)[0], 256)
        z, _ = encode(fitted, self._take(how, style_condition)[0], 256)
        rows = fitted.schema.to_user(decode_means(fitted, z.expand(len(what), -1), known))
        return rows[0] if single else rows

    def _codes(self, X: Any, condition: Any, mask: Any, batch_rows: int) -> tuple[Tensor, Tensor, Tensor | None]:
        """Means and spreads of the rows' posteriors, (n, latent_dim) each, and the condition that was used."""
        fitted = self._check_fitted("transform")
        rows, _ = self._take(X, condition, mask)
        with progress_of(self) as progress:
            z, known = encode(fitted, rows, batch_rows, progress)
            return z, spreads(fitted, rows, known, batch_rows), known


def one_column(y: Any, name: str) -> Array:
    values, _ = to_labels(y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise InputError(f"{name} of shape {values.shape} came; one value for each row is needed, (n,).")
    return values
