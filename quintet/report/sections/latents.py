"""The sections on latent space: traversals and interpolations, and maps of the rows."""

import numpy as np
from scipy.stats import norm

from quintet.report.figures import closeness, latents, samples
from quintet.report.material import Array, ReportMaterial
from quintet.report.page import Panel, Section, TextTable
from quintet.report.sections.model import format_condition


def moving(m: ReportMaterial) -> Section:
    """The plane of the two most active latents, interpolations between rows, and traversals."""
    panels: list[Panel | TextTable] = []
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
            figure = samples.latent_grid(grid, ticks, names, m.features, m.limits, m.palette, m.ink)
            even_words = f"Even steps of {which}."
            words = even_words if name == "latent-plane" else "Equal probability of N(0, 1) between the steps."
            words += f" Condition: {format_condition(m.usual)}." if m.usual else ""
            panels.append(Panel(name, figure, title, words, wide=not m.pictures))
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
    rows = np.asarray(m.vae.interpolate(first, last, steps=11))
    names = [(m.labels.text(a) or f"row {a}", m.labels.text(b) or f"row {b}") for a, b in ends]
    figure = samples.morphing(rows, names, m.features, m.test, m.limits, m.palette, m.ink)
    title = "From one digit to another" if m.home == "digit" else "From one row to another"
    return Panel("morphing", figure, title, "Even steps on the straight line between two codes, decoded.", wide=True)


def _traversals(m: ReportMaterial, order: Array) -> Panel:
    active = int((m.activity > 0.01).sum())
    dims = [int(d) for d in order[: min(8, max(active, 2))]]
    values = np.linspace(-m.grid_range, m.grid_range, 9)
    start = m.test[int(m.examples(1)[0])]
    rows = np.stack([np.asarray(m.vae.traverse(start, d, values.tolist())) for d in dims])
    figure = samples.traversals(rows, values, dims, m.features, m.test, m.limits, m.palette, m.ink)
    words = f"One {m.home} with one latent changed at a time; the most active latents first."
    return Panel("traversals", figure, "Traversals of single latents", words, wide=True)


def mapping(m: ReportMaterial) -> Section:
    """Maps: latents by principal components and t-SNE, and raw rows by t-SNE."""
    rows = 400 if m.quick else latents.TSNE_ROWS
    plane, share = latents.principal(m.latents)
    map_, index = latents.tsne(m.latents, m.seed, rows)
    raw, same = latents.tsne(m.comparable(m.test), m.seed, rows)
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
                "A contour contains half of its class; the curves along the borders are densities.",
            ),
            Panel(
                "latent-tsne",
                latents.label_map(map_, m.labels.take(index), palette=m.palette),
                f"Latent space by t-SNE{coloured}",
                f"{len(index):,} rows. Neighbours stay neighbours; distances between clusters are not meaningful.",
            ),
            Panel(
                "raw-tsne",
                latents.label_map(raw, m.labels.take(same), palette=m.palette),
                "The raw rows by t-SNE",
                "The same rows without the model, for comparison.",
            ),
        ],
    )
    if m.labels.codes is not None:
        spaces = (("latent space", m.latents), ("raw rows", m.comparable(m.test)))
        section.panels.append(
            TextTable(
                "Label agreement of neighbours",
                ("space", "share of the 5 nearest rows with the same label"),
                [(name, f"{closeness.agreement(points, m.labels):.3f}") for name, points in spaces],
                f"Over all {m.which} rows; 1 is best.",
            )
        )
    return section
