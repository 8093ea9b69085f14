"""A check after training: the means of reconstructed and generated rows are those of the data."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from quintet.data.dataset import Rows
from quintet.data.marginals import marginals
from quintet.data.schema import Schema
from quintet.errors import QuintetWarning, warn
from quintet.estimators.encoding import encode
from quintet.inference.samplers.selection import sampler_for
from quintet.models.fitted import Fitted
from quintet.networks import Marginals
from quintet.tasks.edit.traversal import decode_means
from quintet.tasks.generate import generate

ROWS = 256
"""Rows that are reconstructed, at most, and rows generated."""
FEWEST = 20
"""Rows below which the data's own means are too uncertain to judge by."""
FAR = 1.0
"""Standard deviations of a cell beyond which a mean is another one."""
FACTOR = 3.0
"""Counts vary over orders of magnitude: their means must differ by this factor, too."""
SHARE = 0.25
"""Share of the cells with such means that is worth a warning."""
STEPS = 100
"""Optimiser's steps before which a decoder's first, random weights may still show: such a fit is a trial."""


def check_means(fitted: Fitted, rows: Rows, seed: int, steps: int) -> list[str]:
    """Warn where E[x|z] of rows, or of draws of z, has means far from those of the rows, and give the sentence.

    Parameters
    ----------
    rows : training rows, zeros and ones drawn once; of many, some evenly spaced ones are judged.
    steps : optimiser's steps in which p(x, z) was trained; a fit of few is not judged.
    """
    if steps < STEPS or len(rows) < FEWEST or fitted.model.codec is not None or not fitted.model.has_posterior:
        return []
    if fitted.schema.is_token:  # whose means mean nothing
        return []
    some = rows.take(torch.linspace(0, len(rows) - 1, min(ROWS, len(rows)), dtype=torch.float64).round().long())
    of_rows = marginals(some)
    shares = {"reconstructed": far_share(fitted.schema, of_rows, decode_means(fitted, *encode(fitted, some, ROWS)))}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)  # generate warns of a prior that was not learnt
        sampler = sampler_for(fitted, None)
        drawn = generate(fitted, len(some), expected=True, sampler=sampler, seed=seed, batch_rows=ROWS)
    shares["generated"] = far_share(fitted.schema, of_rows, drawn.x)
    worst = max(shares, key=lambda name: shares[name])
    if shares[worst] <= SHARE:
        return []
    sentence = (
        f"The model has not learnt the scale of the data: the means of {worst} rows are more than a standard deviation "
        f"from those of training in {shares[worst]:.0%} of the cells; train for more epochs, or rescale the columns."
    )
    warn(sentence)
    return [sentence]


def far_share(schema: Schema, of_rows: Marginals, x: Tensor) -> float:
    """Share of the cells seen in training whose mean over x (n, *shape), in the model's units, is far from the data's.

    A spread is that of the cell or, where cells share a range (pixels), of all cells together if that is larger.
    """
    mean, spread = of_rows.mean, of_rows.variance.clamp(min=0).sqrt()
    seen = of_rows.count > 0
    if schema.support.is_bounded:
        spread = spread.clamp(min=float(of_rows.variance[seen].mean().clamp(min=0).sqrt()))
    floor = 1.0 if schema.support.is_half_bounded else 1e-3
    found = x.double().mean(0)
    far = (found - mean).abs() > FAR * spread.clamp(min=floor)
    if schema.support.is_half_bounded:
        ratio = (found + 1) / (mean + 1)
        far &= (ratio > FACTOR) | (ratio < 1 / FACTOR)
    return float((far & seen).sum()) / max(1, int(seen.sum()))
