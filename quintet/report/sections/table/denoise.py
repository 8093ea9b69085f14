"""The section on denoising a table."""

from __future__ import annotations

import numpy as np

from quintet.report.page import Answer, Section, TextTable
from quintet.report.sections.table.errors import LEVELS, NUMBERS, chosen_rows, error_text, kinds_of, pair_text
from quintet.report.table_material import TableMaterial

REPLACED = 0.1
"""Share of cells that are replaced."""


def cleaning(m: TableMaterial) -> tuple[Section, Answer]:
    """Denoising: a share of the cells replaced by values of the same columns in other rows."""
    rows, truth = chosen_rows(m)
    rng = np.random.default_rng((m.seed, 1))
    hit = (rng.random(truth.shape) < REPLACED) & ~np.isnan(truth)
    turned = np.array([rng.permutation(column) for column in truth.T]).T
    swapped = np.where(hit & ~np.isnan(turned), turned, truth)
    noisy = m.frame(swapped, rows)
    found, noise = m.vae.denoise(noisy, "replacement", return_report=True, random_state=m.seed)
    every = np.ones_like(hit)
    before, after = (m.errors(truth, m.cells(frame), every) for frame in (noisy, found))
    table = TextTable(
        "Errors of all cells",
        ("", NUMBERS, LEVELS),
        [(name, *map(error_text, pair)) for name, pair in (("noisy", before), ("denoised", after))],
        f"{len(truth):,} {m.which} rows; estimated rate {float(noise.rates.mean()):.3f}.",
    )
    lead = f"{REPLACED:.0%} of the cells were replaced by values of the same columns from other rows."
    what = "10 % of cells replaced, rate unknown; " + kinds_of(after)
    return Section("denoise", "Denoise", lead, [table]), Answer(
        "Denoise", what, pair_text(after), f"noisy {pair_text(before)}"
    )
