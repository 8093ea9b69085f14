"""The sections on latent space: traversals and interpolations, and maps of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from quintet.report import figure_choice
from quintet.report.figures import closeness, latents
from quintet.report.maps import RowMap, row_map
from quintet.report.material import Array, ReportMaterial
from quintet.report.page import Chart, Listening, Panel, Section, TextTable
from quintet.report.sections.model import format_condition

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def moving(m: ReportMaterial) -> Section:
    """The plane of the two most active latents, interpolations between rows, and traversals."""
    panels: list[Panel | TextTable | Chart | Listening] = []
    size = 7 if m.quick else 13
    order = np.argsort(-m.activity, kind="stable")
    if len(order) >= 2:
        first, second = (int(d) for d in sorted(order[:2]))
        names = (f"latent {first + 1}", f"latent {second + 1}")
        even = np.linspace(-m.grid_range, m.grid_range, size)
        quantiles = norm.ppf((np.arange(size) + 0.5) / size)
        reach = f"{m.grid_range:g}"
        which = "both latents" if len(order) == 2 else f"the two most active latents, the others as in one {m.home}"
        base = m.latents[int(m.examples(1)[0])]  # the code of a row; with a learnt prior, 0 may be far from all codes
        for name, ticks, title in (
            ("latent-plane", even, f"The plane from −{reach} to {reach}"),
            ("latent-quantiles", quantiles, "The plane through normal quantiles"),
        ):
            points = np.tile(base, (size, size, 1))
            points[..., first] = ticks[None, :]
            points[..., second] = ticks[::-1, None]
            grid = m.decode(points.reshape(size * size, -1)).reshape(size, size, *m.test.shape[1:])
            words = f"Even steps of {which}."
            if name == "latent-quantiles":
                words = "Equal probability of N(0, 1) between the steps, so it shows what the prior draws often."
            words += " Rows should change smoothly; sudden jumps are gaps between codes."
            words += f" Condition: {format_condition(m.usual)}." if m.usual else ""
            alt = (
                f"Rows decoded at {size} by {size} points of {names[0]} (to the right) and {names[1]} (upwards), each "
                f"from {ticks[0]:.1f} to {ticks[-1]:.1f}."
            )
            figure = figure_choice.plane(m, grid, ticks, names)
            panels.append(Panel(name, figure, title, words, wide=not m.pictures, alt=alt))
    panels += [_morphs(m), _traversals(m, order)]
    return Section(
        "latent-space",
        "Moving through latent space",
        "Rows decoded from points of latent space: a plane, straight lines between codes, and single latents.",
        panels,
    )


def _morphs(m: ReportMaterial) -> Panel:
    pairs = m.examples(12).reshape(-1) if len(m.test) >= 12 else np.arange(len(m.test) // 2 * 2)
    ends = [(int(a), int(b)) for a, b in zip(pairs[0::2], pairs[1::2], strict=False)] or [(0, 0)]
    first, last = (m.test[[pair[i] for pair in ends]] for i in (0, 1))
    rows = _between(m, first, last, 11)
    names = [(m.labels.text(a) or f"row {a}", m.labels.text(b) or f"row {b}") for a, b in ends]
    title = "From one digit to another" if m.home == "digit" else "From one row to another"
    words = (
        "Even steps on the straight line between two codes, decoded. Steps in the middle should look like rows, too; a "
        "mere cross-fade of both ends is a bad sign."
    )
    alt = f"{len(ends)} lines of {rows.shape[1]} decoded rows: {'; '.join(f'{a} to {b}' for a, b in names)}."
    return Panel("morphing", figure_choice.morphs(m, rows, names), title, words, wide=True, alt=alt)


def _between(m: ReportMaterial, first: Array, last: Array, steps: int) -> Array:
    """Rows decoded from the straight lines between the codes of two sets of rows, (n, steps, *row)."""
    if m.conditions:  # from the condition of the first row to that of the last
        return np.asarray(m.vae.interpolate(first, last, steps=steps))
    codes = m.encode(np.concatenate([first, last])).reshape(2, len(first), 1, -1)
    t = np.linspace(0, 1, steps)[:, None]
    lines = codes[0] * (1 - t) + codes[1] * t
    return m.decode(lines.reshape(-1, lines.shape[-1])).reshape(len(first), steps, *first.shape[1:])


def _traversals(m: ReportMaterial, order: Array) -> Panel:
    active = int((m.activity > 0.01).sum())
    dims = [int(d) for d in order[: min(8, max(active, 2))]]
    values = np.linspace(-m.grid_range, m.grid_range, 9)
    start = m.test[int(m.examples(1)[0])]
    rows = _traversed(m, start, dims, values)
    change = np.abs(rows[:, -1].astype(float) - rows[:, 0].astype(float)).reshape(len(dims), -1).mean(1)
    words = (
        f"One {m.home} with one latent changed at a time; the most active latents first. A useful latent changes one "
        "thing; a line that stays the same is a latent that the decoder ignores."
    )
    alt = (
        f"One {m.home} with latents {', '.join(str(d + 1) for d in dims)} moved from {values[0]:g} to {values[-1]:g}; "
        f"latent {dims[int(np.argmax(change))] + 1} changes it most."
    )
    figure = figure_choice.traversals(m, rows, values, dims)
    return Panel("traversals", figure, "Traversals of single latents", words, wide=True, alt=alt)


def _traversed(m: ReportMaterial, start: Array, dims: list[int], values: Array) -> Array:
    """A row with each of ``dims`` set to each of ``values``, (dims, values, *row)."""
    if m.conditions:  # by the row's own condition, which `decode` does not know
        return np.stack([np.asarray(m.vae.traverse(start, d, values.tolist())) for d in dims])
    points = np.tile(m.encode(start[None])[0], (len(dims), len(values), 1))
    for line, d in enumerate(dims):
        points[line, :, d] = values
    rows = m.decode(points.reshape(-1, points.shape[-1]))  # all at once: a call costs as much as 256 rows
    return rows.reshape(len(dims), len(values), *start.shape)


def mapping(m: ReportMaterial) -> Section:
    """Maps: latents by principal components and t-SNE, and raw rows by t-SNE."""
    plane, share = latents.principal(m.latents)
    found = {space: row_map(m, space) for space in ("latents", "raw")}
    agree = {
        "latents": closeness.agreement(m.latents, m.labels),
        "raw": closeness.agreement(m.comparable(m.test), m.labels),
    }
    named = m.labels.codes is not None
    classes = f" in {len(m.labels.names)} classes" if named else ""
    best = "Classes should form clusters of their own. " if named else ""
    coloured = ", coloured by label" if m.labels.codes is not None else ""
    section = Section(
        "maps",
        "Where rows lie",
        f"Each dot is a {m.which} row, coloured by its label."
        if m.labels.codes is not None
        else f"Each dot is a {m.which} row.",
        [
            Panel(
                "latent-pca",
                latents.latent_pca(plane, share, m.labels, m.palette),
                "Latent space by principal components",
                f"{best}A contour contains half of its class; the curves along the borders are densities. One round "
                "cloud means that the largest variances do not separate groups.",
                alt=f"{len(plane):,} dots{classes} on two principal components of the latents, which hold "
                f"{share[0]:.0%} and {share[1]:.0%} of the variance.",
            ),
            Panel(
                "latent-tsne",
                _map(m, found["latents"]),
                f"Latent space by t-SNE{coloured}",
                f"{best}{len(found['latents'].index):,} rows. Neighbours stay neighbours; distances between clusters "
                "are not meaningful.",
                alt=_map_words(m, found["latents"], "latents", agree["latents"]),
            ),
            Panel(
                "raw-tsne",
                _map(m, found["raw"]),
                "The raw rows by t-SNE",
                "The same rows without the model. Clusters that are clear here and mixed in the latents are lost "
                "in the code.",
                alt=_map_words(m, found["raw"], "raw rows", agree["raw"]),
            ),
        ],
    )
    if named:
        spaces = (("latent space", agree["latents"]), ("raw rows", agree["raw"]))
        section.panels.append(
            TextTable(
                "Label agreement of neighbours",
                ("space", "nearest 5 rows with the same label, share"),
                [(name, f"{share_of:.3f}") for name, share_of in spaces],
                f"Mean over all {m.which} rows, 0 to 1; 1 is best. Far less in latent space: the code mixes classes.",
            )
        )
    return section


def _map(m: ReportMaterial, found: RowMap) -> Figure:
    return latents.label_map(found.normal, m.labels.take(found.index), palette=m.palette)


def _map_words(m: ReportMaterial, found: RowMap, what: str, agree: float) -> str:
    words = f"t-SNE map of {len(found.index):,} {m.which} rows by their {what}"
    if m.labels.codes is None:
        return words + ", without labels."
    return f"{words}, coloured by {len(m.labels.names)} classes; {agree:.0%} of a row’s neighbours have its label."
