"""The training of a model of lines: vocabulary, rows, and the VAE."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.arguments import STEPS
from quintet.data.sequences.text.description import TextDescription
from quintet.errors import InputError
from quintet.estimators.vae import VAE


def fitted(model: VAE, lines: list[str], y: Any, chosen: tuple[Any, int, int | None], options: dict[str, Any]) -> VAE:
    """The model, trained on the rows of lines; its schema keeps the description of the text.

    Parameters
    ----------
    y : a class of each line, or None.
    chosen : what a token is, the most pieces of byte pairs, the steps of a row.
    options : of ``VAE.fit``.

    Raises
    ------
    InputError
        No line has a character, or labels are not one for each line.
    """
    if not any(lines):
        what = "no lines" if not lines else f"{len(lines)} empty lines"
        raise InputError(f"Text must have at least one character to train on, got {what}: give lines of text.")
    description = TextDescription.learnt(lines, *chosen)
    rows, owners = description.rows(lines)
    if y is not None:
        y = np.asarray(y)
        if y.shape[:1] != (len(lines),):
            raise InputError(f"y must hold one class for each of {len(lines)} lines, got shape {y.shape}.")
        y = y[owners]
    groups = owners if len(rows) > len(lines) else None
    model.set_params(layout=STEPS, kind="token")
    model.fit(rows, y, groups=groups, **options)
    model.fitted_.schema = model.schema_.model_copy(update={"sequence": description})
    return model
