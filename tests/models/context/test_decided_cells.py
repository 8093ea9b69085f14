"""The cells that a training step of a context decoder takes as decided."""

import numpy as np
import torch

from quintet.models.context.decoder import estimate, first_decided, random_decided
from quintet.noise import Noise

ROWS, CELLS = 20_000, 5


def test_the_first_cells_are_decided_and_every_number_of_them_is_as_frequent() -> None:
    decided = first_decided(torch.zeros(ROWS, CELLS), Noise(0))
    assert bool((decided.diff(dim=1) <= 0).all())
    share = np.bincount(decided.sum(1).long().numpy(), minlength=CELLS + 1) / ROWS
    np.testing.assert_allclose(share, [1 / CELLS] * CELLS + [0], atol=0.015)


def test_the_estimate_is_unbiased_over_random_cells() -> None:
    """Each cell's term is a constant here: their sum on the average, but of rows without an open cell, a sixth."""
    terms = torch.arange(1.0, CELLS + 1).expand(ROWS, CELLS)
    counted = torch.ones(ROWS, CELLS)
    found = estimate(terms, counted, random_decided(terms, Noise(1)))
    assert abs(float(found.mean()) - float(terms[0].sum()) * CELLS / (CELLS + 1)) < 0.2
