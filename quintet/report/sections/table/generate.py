"""The section on new rows of a table: rows side by side, distributions of columns, and shares of rare levels."""

from __future__ import annotations

import numpy as np

from quintet.report.figures import column_distributions
from quintet.report.figures.column_distributions import Numbers, Shares
from quintet.report.material import Array
from quintet.report.page import Answer, Panel, Section, TextTable
from quintet.report.sections.table.errors import error_text
from quintet.report.table_material import SHOWN, TableMaterial, printed

ROWS = 6
"""Rows of a printed table."""
SMALL, LISTED = 24, 20
"""Most columns of each kind in a figure, and in a table; those that differ most."""
RARE, RARE_LEVELS = 0.1, 12
"""Share of real rows below which a level is rare, and most of them in a table."""


def drawing(m: TableMaterial) -> tuple[Section, Answer]:
    """Generation: real and new rows, each column's distribution in both, and the shares of rare levels."""
    apart = distances(m, m.truth, m.new_cells)
    names = [column.name for column in m.columns][:SHOWN]
    section = Section("generate", "Generate", "A new row is decoded from random latents.")
    left = "" if len(m.columns) <= SHOWN else f"The first {SHOWN} of {len(m.columns)} columns."
    for title, rows in ((f"{m.which.capitalize()} rows", m.test), ("New rows", m.new)):
        section.panels.append(
            TextTable(title, names, printed(rows, names, ROWS), left, wide=True, prose=True, rows=True)
        )
    section.panels += [*_figures(m, apart), _distance_table(m, apart), *_rare(m)]
    base = ""
    if m.train is not None:
        base = f"training rows {np.mean(distances(m, m.truth, m.known_cells)):.3f}"
    what = f"{len(m.new_cells):,} new rows; mean distance of a column’s distribution from that of {m.which} rows"
    return section, Answer("Generate", what, f"{np.mean(apart):.3f}", base)


def distances(m: TableMaterial, one: Array, other: Array) -> Array:
    """Distance of each column's distributions in two sets of rows, (cells,)."""
    return np.array([distance(a, b, level) for a, b, level in zip(one.T, other.T, m.levels, strict=True)])


def distance(a: Array, b: Array, level: bool) -> float:
    """Distance of the distributions of a column in two sets of rows, 0..1: total variation of levels, the largest
    difference of the distribution functions of numbers."""
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    if not len(a) or not len(b):
        return 0.0
    points = np.union1d(a, b)
    if level:
        shares = [np.searchsorted(np.sort(x), points, "right") - np.searchsorted(np.sort(x), points) for x in (a, b)]
        return float(np.abs(shares[0] / len(a) - shares[1] / len(b)).sum() / 2)
    below = [np.searchsorted(np.sort(x), points, "right") / len(x) for x in (a, b)]
    return float(np.abs(below[0] - below[1]).max())


def _figures(m: TableMaterial, apart: Array) -> list[Panel]:
    """Small distributions of numbers and of levels."""
    panels = []
    for name, title, levels in (
        ("numbers-real-and-new", "Columns of numbers and times", False),
        ("levels-real-and-new", "Columns of levels", True),
    ):
        places = np.flatnonzero(m.levels == levels)
        if not len(places):
            continue
        shown = np.sort(places[np.argsort(-apart[places], kind="stable")[:SMALL]]).tolist()
        words = f"{m.which.capitalize()} rows filled, new rows as {'marks' if levels else 'outlines'}."
        if not levels:
            words += " Outlines should follow the filled bars; a missing peak or tail is bad."
            words += " Ends of the axes: the 0.5 % quantiles of the real rows; the outer bars hold the rest."
        else:
            words += " Marks should stand at the ends of the bars; a mark at 0 is a level that is never generated."
        if len(shown) < len(places):
            words += f" The {SMALL} of {len(places)} columns that differ most."
        draw = column_distributions.level_bars if levels else column_distributions.number_histograms
        columns = [_shares(m, place) if levels else _numbers(m, place) for place in shown]
        worst = int(places[np.argmax(apart[places])])
        alt = (
            f"Distributions of {len(shown)} columns in real and in new rows. The largest distance is that of "
            f"{m.columns[worst].name}: {apart[worst]:.3f} of at most 1."
        )
        panels.append(Panel(name, draw(columns, palette=m.palette), title, words, wide=True, alt=alt))  # type: ignore[arg-type]
    return panels


def _numbers(m: TableMaterial, place: int) -> Numbers:
    real, new = (m.values(cells[:, place], place) for cells in (m.truth, m.new_cells))
    column = m.columns[place]
    return Numbers(column.name, real, new, column.spacing, lambda value: m.text(place, value))


def _shares(m: TableMaterial, place: int) -> Shares:
    """The most frequent levels of a column and all others, with their shares."""
    shares = [level_shares(cells[:, place], m.columns[place].codes) for cells in (m.truth, m.new_cells)]
    order = np.argsort(-(shares[0] + shares[1]), kind="stable")
    order = order[(shares[0] + shares[1])[order] > 0]
    first, rest = order[: column_distributions.LEVELS], order[column_distributions.LEVELS :]
    names = [m.text(place, code) for code in first] + ([f"{len(rest)} more"] if len(rest) else [])
    real, new = (np.append(share[first], share[rest].sum()) if len(rest) else share[first] for share in shares)
    return Shares(m.columns[place].name, names, real, new)


def level_shares(codes: Array, count: int) -> Array:
    """Share of each code among the cells that are not missing, (count,)."""
    there = codes[~np.isnan(codes)].astype(np.int64)
    return np.bincount(there, minlength=count)[:count] / max(len(there), 1)


def _distance_table(m: TableMaterial, apart: Array) -> TextTable:
    order = np.argsort(-apart, kind="stable")[:LISTED]
    words = (
        "The largest difference of the distribution functions of numbers (Kolmogorov and Smirnov), half the summed "
        "differences of the levels’ shares (total variation). 0: equal; above 0.1 the difference is easy to see."
    )
    if len(order) < len(apart):
        words += f" The {LISTED} largest of {len(apart)}."
    lines = [(m.columns[j].name, m.columns[j].describe(), error_text(apart[j])) for j in order]
    head = ("column", "kind", f"distance of new from {m.which} rows, 0 to 1")
    return TextTable("Distributions of columns", head, lines, words, wide=True, prose=True)


def _rare(m: TableMaterial) -> list[TextTable]:
    """Shares of rare levels in all real rows and in new rows, those that differ most first."""
    real = m.truth if m.train is None else np.concatenate([m.truth, m.known_cells])
    found = []
    for place in np.flatnonzero(m.levels).tolist():
        column = m.columns[place]
        share, new = (level_shares(cells[:, place], column.codes) for cells in (real, m.new_cells))
        counts = [np.sum(~np.isnan(cells[:, place])) for cells in (real, m.new_cells)]
        for code in range(column.codes - column.open):
            if 0 < share[code] < RARE:
                pooled = (share[code] * counts[0] + new[code] * counts[1]) / max(sum(counts), 1)
                error = float(np.sqrt(pooled * (1 - pooled) * sum(1 / max(n, 1) for n in counts)))
                found.append(
                    (abs(new[code] - share[code]) / max(error, 1e-12), place, code, share[code], new[code], error)
                )
    found.sort(key=lambda each: -each[0])
    lines = [
        (
            m.columns[place].name,
            m.text(place, code),
            *(f"{100 * figure:.1f} %" for figure in (share, new)),
            f"±{200 * error:.1f}",
        )
        for _, place, code, share, new, error in found[:RARE_LEVELS]
    ]
    if not lines:
        return []
    words = (
        f"Levels with less than {RARE:.0%} of the {len(real):,} real rows; of {len(found)} those that differ most for "
        "the number of rows come first. By chance: two standard errors of the difference, in percentage points."
    )
    head = ("column", "level", "share of real rows", "share of new rows", "by chance, points")
    return [TextTable("Rare levels", head, lines, words, wide=True, prose=True)]
