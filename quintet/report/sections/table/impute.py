"""The section on imputing a table: single cells with their fills, and the errors of each column."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quintet.report.gather import take_rows
from quintet.report.material import Array
from quintet.report.page import Answer, Mark, Section, TextTable
from quintet.report.sections.table.errors import chosen_rows, error_text, kinds_of, pair_text, usual_value
from quintet.report.table_material import TableMaterial

HIDDEN = 0.25
"""Share of cells that are hidden."""
EXAMPLES, CELLS, SEEN, DRAWS = 5, 3, 4, 60
"""Rows that are shown, hidden cells and seen cells of each, and draws of the hidden ones."""
LISTED = 20
"""Most columns of the table of errors."""


def filling(m: TableMaterial) -> tuple[Section, Answer]:
    """Imputation: hidden cells of each column, beside the column's mean or most frequent level."""
    rows, truth = chosen_rows(m)
    rng = np.random.default_rng((m.seed, 2))
    hidden = (rng.random(truth.shape) < HIDDEN) & ~np.isnan(truth)
    found = m.cells(m.vae.impute(m.frame(np.where(hidden, np.nan, truth), rows), random_state=m.seed))
    known = m.known_cells
    base = np.array([usual_value(column, level) for column, level in zip(known.T, m.levels, strict=True)])
    plain = np.broadcast_to(base, truth.shape)
    lines = []
    for j, column in enumerate(m.columns[:LISTED]):
        at = np.zeros_like(hidden)
        at[:, j] = hidden[:, j]
        which = int(m.levels[j])
        pair = (m.errors(truth, cells, at)[which] for cells in (found, plain))
        lines.append((column.name, "share wrong" if which else "RMSE, sd", *map(error_text, pair)))
    ours, other = (m.errors(truth, cells, hidden) for cells in (found, plain))
    table = TextTable(
        "Errors of hidden cells",
        ("column", "error in", "error of imputed cells", "of the mean or most frequent"),
        lines,
        f"{len(truth):,} {m.which} rows, {HIDDEN:.0%} of the cells hidden. A column whose error is not below that of "
        "its mean or most frequent level cannot be predicted from the others."
        + (f" The first {LISTED} of {len(m.columns)} columns." if len(m.columns) > LISTED else ""),
        wide=True,
    )
    lead = f"{HIDDEN:.0%} of the cells were hidden, and imputed from the others."
    answer = Answer(
        "Impute", f"{HIDDEN:.0%} of cells hidden; {kinds_of(ours)}", pair_text(ours), f"mean or mode {pair_text(other)}"
    )
    return Section("impute", "Impute", lead, [*_examples(m, rows, truth, hidden), table]), answer


def _examples(m: TableMaterial, rows: Any, truth: Array, hidden: NDArray[np.bool_]) -> list[TextTable]:
    """Hidden cells of rows that show others: the truth, the fill, and the interval or the probability of the fill."""
    index = np.flatnonzero(hidden.any(1) & ~np.all(hidden | np.isnan(truth), 1))[:EXAMPLES]
    if not len(index):  # a table of one column
        return []
    truth, hidden = truth[index], hidden[index]
    asked = m.frame(np.where(hidden, np.nan, truth), take_rows(rows, index))
    mean, draws = m.vae.impute(asked, draws=DRAWS, return_mean=True, batch_rows=16, random_state=m.seed)
    fill, drawn = m.cells(mean), np.stack([m.cells(frame) for frame in draws])
    lines: list[list[str | Mark]] = []
    for i in range(len(index)):
        first = True
        for place in np.flatnonzero(hidden[i])[:CELLS].tolist():
            row = Mark(f"row {i + 1}", "plain", _seen(m, truth[i], hidden[i])) if first else ""
            lines.append(
                [row, m.columns[place].name, *_fill(m, place, truth[i, place], fill[i, place], drawn[:, i, place])]
            )
            first = False
    words = (
        f"From {DRAWS} draws for each row. Numbers: the interval that holds nine tenths of them. Levels: the share of "
        "the draws that have the level filled in. Orange: the truth lies outside the interval, or is another level."
    )
    head = ("row, and what it shows", "hidden column", "truth", "filled in", "interval, or probability of the fill")
    return [TextTable("Hidden cells and what was filled in", head, lines, words, wide=True, prose=True)]


def _fill(m: TableMaterial, place: int, truth: float, fill: float, drawn: Array) -> list[str | Mark]:
    """Truth, fill and the certainty of the fill of one cell."""

    def text(cell: float) -> str:
        return m.text(place, cell * m.vae.schema_.scale[place] + m.vae.schema_.loc[place])

    if m.levels[place]:
        right, sure = fill == truth, f"{np.mean(drawn == fill):.0%}"
    else:
        low, high = np.quantile(drawn, [0.05, 0.95])
        right, sure = low - 1e-9 <= truth <= high + 1e-9, f"{text(low)} to {text(high)}"
    return [text(truth) if right else Mark(text(truth), "strange"), Mark(text(fill), "filled"), sure]


def _seen(m: TableMaterial, truth: Array, hidden: NDArray[np.bool_]) -> str:
    """The first cells of a row that are not hidden, in words."""
    schema, seen = m.vae.schema_, np.flatnonzero(~hidden & ~np.isnan(truth))[:SEEN]
    return "; ".join(f"{m.columns[j].name} {m.text(int(j), truth[j] * schema.scale[j] + schema.loc[j])}" for j in seen)
