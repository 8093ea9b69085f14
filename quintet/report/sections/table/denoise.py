"""The section on denoising a table."""

from __future__ import annotations

import numpy as np

from quintet.report.material import Array
from quintet.report.page import Answer, Mark, Section, TextTable
from quintet.report.sections.table.errors import LEVELS, NUMBERS, chosen_rows, error_text, kinds_of, pair_text
from quintet.report.table_material import TableMaterial

REPLACED = 0.1
"""Share of cells that are replaced."""
EXAMPLES = 10
"""Most replaced cells that are shown."""


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
        ("rows", NUMBERS, LEVELS),
        [(name, *map(error_text, pair)) for name, pair in (("noisy", before), ("denoised", after))],
        f"{len(truth):,} {m.which} rows; estimated rate {float(noise.rates.mean()):.3f}, true rate {REPLACED:g}. "
        "Denoised rows with larger errors than noisy ones: denoising does harm.",
    )
    lead = f"{REPLACED:.0%} of the cells were replaced by values of the same columns from other rows."
    what = "10 % of cells replaced, rate unknown; " + kinds_of(after)
    examples = _examples(m, truth, swapped, m.cells(found))
    return Section("denoise", "Denoise", lead, [table, *examples]), Answer(
        "Denoise", what, pair_text(after), f"noisy {pair_text(before)}"
    )


def _examples(m: TableMaterial, truth: Array, noisy: Array, found: Array) -> list[TextTable]:
    """Replaced cells, one of each column first: the truth, the replacement and what denoising made of it."""
    rows, places = np.nonzero((noisy != truth) & ~np.isnan(truth) & ~np.isnan(found))
    turn = np.zeros(len(places), dtype=int)
    for place in np.unique(places):
        turn[places == place] = np.arange(int((places == place).sum()))
    order = np.lexsort((places, turn))[:EXAMPLES]
    lines: list[list[str | Mark]] = []
    schema = m.vae.schema_
    for i, j in zip(rows[order].tolist(), places[order].tolist(), strict=True):
        texts = [m.text(j, cells[i, j] * schema.scale[j] + schema.loc[j]) for cells in (truth, noisy, found)]
        better = abs(found[i, j] - truth[i, j]) < (1e-9 if m.levels[j] else abs(noisy[i, j] - truth[i, j]))
        lines.append([m.columns[j].name, *texts[:2], Mark(texts[2], "filled" if better else "strange")])
    if not lines:
        return []
    words = (
        "Blue: the level is right, or the number is closer to the truth than the replacement. Orange: it is not; a "
        "replacement that is as plausible as the truth cannot be found."
    )
    head = ("column", "truth", "replaced by", "denoised")
    return [TextTable("Replaced cells and what denoising made of them", head, lines, words, wide=True, prose=True)]
