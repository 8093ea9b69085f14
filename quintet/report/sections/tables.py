"""The sections on tables of columns: new rows, compression, denoising, detection and imputation."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.columns.frames import text_of
from quintet.report.figures import bits, surprise
from quintet.report.gather import some, take_rows
from quintet.report.material import Array
from quintet.report.page import Answer, Panel, Section, TextTable
from quintet.report.sections.detect import SURPRISE
from quintet.report.table_material import SHOWN, TableMaterial, printed

ROWS = 6
"""Rows of a printed table."""
REPLACED, HIDDEN = 0.1, 0.25
"""Share of cells that are replaced for denoising, and hidden for imputation."""
NUMBERS, LEVELS = "numbers, RMSE in standard deviations", "levels, share wrong"


def drawing(m: TableMaterial) -> tuple[Section, Answer]:
    """Generation: real and new rows side by side, and the distance of each column's distribution."""
    new = m.vae.generate(len(m.test), random_state=m.seed)
    cells, names = m.cells(new), list(m.vae.schema_.feature_names or ())
    apart = [_distance(a, b, level) for a, b, level in zip(m.truth.T, cells.T, m.levels, strict=True)]
    columns = names[:SHOWN]
    section = Section("generate", "Generate", "A new row is decoded from random latents.")
    for title, rows in ((f"{m.which.capitalize()} rows", m.test), ("New rows", new)):
        section.panels.append(TextTable(title, columns, printed(rows, columns, ROWS), wide=True))
    section.panels.append(
        TextTable(
            "Distributions of columns",
            ("column", "kind", f"distance of new from {m.which} rows"),
            [(c.name, c.describe(), f"{d:.3f}") for c, d in zip(m.vae.schema_.modelled, apart, strict=True)],
            "The largest difference of the distribution functions of numbers (Kolmogorov and Smirnov), half the summed "
            "differences of the levels’ shares (total variation).",
            wide=True,
        )
    )
    base = ""
    if m.train is not None:
        known = m.cells(m.train)
        real = [_distance(a, b, level) for a, b, level in zip(m.truth.T, known.T, m.levels, strict=True)]
        base = f"training rows {np.mean(real):.3f}"
    what = f"{len(m.test):,} new rows; mean distance of a column’s distribution from that of {m.which} rows"
    return section, Answer("Generate", what, f"{np.mean(apart):.3f}", base)


def compressing(m: TableMaterial) -> tuple[Section, Answer]:
    """Compression: the rows as one file, beside compressed CSV."""
    rows = take_rows(m.test, np.arange(min(len(m.test), 200 if m.quick else 1000)))
    blob = m.vae.compress(rows)
    same = text_of(m.vae.decompress(blob)) == text_of(rows)
    sizes = {f"{bits.OURS}, this model": len(blob)} | bits.packed_bytes(text_of(rows).encode())
    ordered = sorted(sizes, key=lambda name: sizes[name])
    each = {name: 8 * size / len(rows) for name, size in sizes.items()}
    table = TextTable(
        "Sizes as real files",
        ("compressor", "bytes", "bits a row"),
        [(name, f"{sizes[name]:,}", f"{each[name]:.1f}") for name in ordered],
        f"{len(rows):,} rows as one file; the others compress the rows as CSV. The size of the model’s file is not "
        "included.",
        bold=ordered.index(f"{bits.OURS}, this model"),
    )
    back = "The decoded rows are identical." if same else "The decoded rows DIFFER: please report this bug."
    lead = f"The {len(rows):,} {m.which} rows were compressed into one file, and decoded. {back}"
    best = min((n for n in sizes if n in ("zip", "bz2", "xz")), key=lambda n: sizes[n])
    answer = Answer(
        "Compress",
        f"{len(rows):,} rows compressed losslessly into one file",
        f"{each[f'{bits.OURS}, this model']:.1f} bits a row",
        f"CSV in {best} {each[best]:.1f}",
    )
    return Section("compress", "Compress", lead, [table]), answer


def cleaning(m: TableMaterial) -> tuple[Section, Answer]:
    """Denoising: a share of the cells replaced by values of the same columns in other rows."""
    rows, truth = _chosen(m)
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
        [(name, *map(_figure, pair)) for name, pair in (("noisy", before), ("denoised", after))],
        f"{len(truth):,} {m.which} rows; estimated rate {float(noise.rates.mean()):.3f}.",
    )
    lead = f"{REPLACED:.0%} of the cells were replaced by values of the same columns from other rows."
    what = "10 % of cells replaced, rate unknown; " + _which(after)
    return Section("denoise", "Denoise", lead, [table]), Answer("Denoise", what, _pair(after), f"noisy {_pair(before)}")


def detecting(m: TableMaterial) -> tuple[Section, Answer]:
    """Detection: the scores, and the strangest rows with the columns that are the most surprising."""
    found = m.detection("test")
    order = np.argsort(-found.scores, kind="stable")[:SHOWN]
    lines = []
    for i in order:
        top = [int(j) for j in np.argsort(-found.where[i])[:3] if found.where[i, j] > 0]
        names = [found.columns[j] for j in top]
        values = printed(take_rows(m.test, np.array([i])), names, 1)[0]
        columns = ", ".join(f"{n} = {v} ({found.where[i, j]:.1f})" for n, v, j in zip(names, values, top, strict=True))
        lines.append((f"{found.scores[i]:.2f}", f"{found.p_values[i]:.3f}", columns))
    sets = {"test": m.surprise("test")} | ({} if m.strange is None else {m.strange_title: m.surprise("strange")})
    section = Section("detect", "Detect", "Surprise is the model’s anomaly score.")
    section.panels += [
        Panel("histogram-surprise", surprise.score_histogram(sets, SURPRISE, palette=m.palette), "Surprise"),
        TextTable(
            f"The {len(lines)} {m.which} rows with the highest surprise",
            ("score", "p-value", "most surprising columns"),
            lines,
            "In brackets: nats of surprise above the usual of the column.",
            wide=True,
        ),
    ]
    alarms = float((found.p_values <= 0.05).mean())
    return section, Answer("Detect", f"p-value of 0.05 or less in {m.which} rows", f"{alarms:.1%}", "expected 5.0%")


def filling(m: TableMaterial) -> tuple[Section, Answer]:
    """Imputation: hidden cells of each column, beside the column's mean or most frequent level."""
    rows, truth = _chosen(m)
    rng = np.random.default_rng((m.seed, 2))
    hidden = (rng.random(truth.shape) < HIDDEN) & ~np.isnan(truth)
    found = m.cells(m.vae.impute(m.frame(np.where(hidden, np.nan, truth), rows), random_state=m.seed))
    known = m.cells(m.known)
    base = np.array([_usual(column, level) for column, level in zip(known.T, m.levels, strict=True)])
    plain = np.broadcast_to(base, truth.shape)
    lines = []
    for j, column in enumerate(m.vae.schema_.modelled):
        at = np.zeros_like(hidden)
        at[:, j] = hidden[:, j]
        which = int(m.levels[j])
        pair = (m.errors(truth, cells, at)[which] for cells in (found, plain))
        lines.append((column.name, "share wrong" if which else "RMSE, sd", *map(_figure, pair)))
    ours, other = (m.errors(truth, cells, hidden) for cells in (found, plain))
    table = TextTable(
        "Errors of hidden cells",
        ("column", "error", "imputed", "mean or most frequent"),
        lines,
        f"{len(truth):,} {m.which} rows, {HIDDEN:.0%} of the cells hidden.",
        wide=True,
    )
    lead = f"{HIDDEN:.0%} of the cells were hidden, and imputed from the others."
    answer = Answer(
        "Impute", f"{HIDDEN:.0%} of cells hidden; {_which(ours)}", _pair(ours), f"mean or mode {_pair(other)}"
    )
    return Section("impute", "Impute", lead, [table]), answer


def _chosen(m: TableMaterial) -> tuple[Any, Array]:
    """Some evaluated rows, and their cells."""
    index = some(m.truth, 100 if m.quick else 300, m.seed)
    return take_rows(m.test, index), m.truth[index]


def _usual(column: Array, level: bool) -> float:
    """The mean of a number, the most frequent code of a level."""
    there = column[~np.isnan(column)]
    if not len(there):
        return 0.0
    return float(np.bincount(there.astype(int)).argmax()) if level else float(there.mean())


def _distance(a: Array, b: Array, level: bool) -> float:
    """Distance of the distributions of a column in two sets of rows, 0..1."""
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    if not len(a) or not len(b):
        return 0.0
    points = np.union1d(a, b)
    if level:
        shares = [np.array([(x == point).mean() for point in points]) for x in (a, b)]
        return float(np.abs(shares[0] - shares[1]).sum() / 2)
    below = [np.searchsorted(np.sort(x), points, "right") / len(x) for x in (a, b)]
    return float(np.abs(below[0] - below[1]).max())


def _figure(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}"


def _which(pair: tuple[float, float]) -> str:
    kinds = [name for name, value in zip((NUMBERS, LEVELS), pair, strict=True) if not np.isnan(value)]
    return "; ".join(kinds)


def _pair(pair: tuple[float, float]) -> str:
    return ", ".join(_figure(value) for value in pair if not np.isnan(value))
