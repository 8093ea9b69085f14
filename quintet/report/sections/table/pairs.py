"""The section on associations of pairs of columns, in real and in new rows."""

from __future__ import annotations

import numpy as np

from quintet.evaluate.association import associations
from quintet.report.figures import table_columns
from quintet.report.material import Array
from quintet.report.page import Panel, Section, TextTable
from quintet.report.table_material import TableMaterial

MOST, LISTED = 30, 8
"""Most columns of the maps, and most pairs of the table."""


def comparing(m: TableMaterial) -> Section:
    """Associations of all pairs of columns in real and in new rows, and those that differ most."""
    section = Section("pairs", "Pairs of columns")
    if len(m.columns) < 2:
        section.notes.append("The table has one column, so there are no pairs.")
        return section
    codes = [column.codes for column in m.columns]
    real = m.truth if m.train is None else np.concatenate([m.truth, m.known_cells])
    places = _strongest(real, codes)
    codes, names = [codes[j] for j in places], [m.columns[j].name for j in places]
    in_real, in_new = (associations(cells[:, places], codes) for cells in (real, m.new_cells))
    gap, (i, j) = _largest(in_real - in_new)
    section.lead = (
        f"The largest difference is {gap:.2f}: “{names[j]}” and “{names[i]}” have {_of(in_real[i, j])} in "
        f"{len(real):,} real rows and {_of(in_new[i, j])} in {len(m.new_cells):,} new rows. "
    )
    if m.train is not None:
        parts = [associations(cells[:, places], codes) for cells in (m.truth, m.known_cells)]
        chance = _largest(parts[0] - parts[1])[0]
        section.lead += f"Between {m.which} and training rows, which differ by chance alone, it is {chance:.2f}."
    words = (
        "Both maps should look alike; a paler one means that new rows lose what belongs together. "
        "Numbers: rank correlation (Spearman). Levels: Cramér’s V. A number and a level: root of the share of the "
        "ranks’ variance that the levels explain. The last two are at least 0, and corrected for what chance adds."
    )
    if len(places) < len(m.columns):
        words += f" The {MOST} of {len(m.columns)} columns with the strongest associations."
    figure = table_columns.association_maps([("Real rows", in_real), ("New rows", in_new)], names, palette=m.palette)
    alt = f"Two maps of the associations of {len(names)} columns. {section.lead}"
    section.panels.append(Panel("associations", figure, "Associations, real beside new", words, wide=True, alt=alt))
    section.panels.append(_table(in_real, in_new, names))
    return section


def _table(real: Array, new: Array, names: list[str]) -> TextTable:
    """The pairs whose associations differ most."""
    one, other = np.tril_indices(len(names), -1)
    order = np.argsort(-np.abs(real - new)[one, other], kind="stable")[:LISTED]
    lines = [
        (f"{names[b]} and {names[a]}", _of(real[a, b]), _of(new[a, b]), _of(new[a, b] - real[a, b]))
        for a, b in zip(one[order].tolist(), other[order].tolist(), strict=True)
    ]
    title = "Pairs whose association differs most"
    return TextTable(title, ("pair", "association in real rows", "in new rows", "difference"), lines, wide=True)


def _strongest(cells: Array, codes: list[int]) -> list[int]:
    """Places of the columns with the strongest associations, in the order of the table."""
    if len(codes) <= MOST:
        return list(range(len(codes)))
    some = cells[np.linspace(0, len(cells) - 1, min(len(cells), 500)).astype(int)]
    chosen = np.linspace(0, len(codes) - 1, min(len(codes), 200)).astype(int)
    strength = np.abs(associations(some[:, chosen], [codes[j] for j in chosen])) - np.eye(len(chosen))
    order = np.argsort(-strength.max(1), kind="stable")[:MOST]
    return [int(place) for place in np.sort(chosen[order])]


def _largest(gap: Array) -> tuple[float, tuple[int, int]]:
    """The largest absolute entry of a symmetric matrix, and its place."""
    i, j = divmod(int(np.abs(gap).argmax()), len(gap))
    return float(abs(gap[i, j])), (max(i, j), min(i, j))


def _of(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
