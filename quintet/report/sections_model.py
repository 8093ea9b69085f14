"""The sections on the model itself: how it learnt, what it draws, where rows lie in its latent space."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import norm

from quintet.report import closeness, curves, latents, samples, tables
from quintet.report.material import Array, Material
from quintet.report.page import Answer, Grid, Panel, Section


def training(m: Material) -> Section:
    """Learning curves, and what each latent came to carry."""
    section = Section(
        "training",
        "How it learnt",
        "The loss has two parts. Distortion is what is left to say about a row once its code is known; rate is what "
        "the code itself says. They are shown apart because either can hide behind their sum.",
    )
    if m.history:
        section.panels.append(
            Panel(
                "learning-curves",
                curves.learning_curves(m.history, palette=m.palette),
                "Distortion and rate, epoch by epoch",
                "Nats per row.",
            )
        )
    if any(row.get("kl_per_latent") for row in m.history):
        section.panels.append(
            Panel(
                "kl-per-latent",
                curves.kl_per_latent(m.activity, palette=m.palette),
                "What each latent carries",
                "Mean KL from posterior to prior; a latent under 0.01 nats says nothing about the row.",
            )
        )
    for stage in list(dict.fromkeys(str(row.get("stage", "")) for row in m.history))[1:]:
        section.panels.append(
            Panel(
                f"stage-{stage}",
                curves.guide_curve(m.history, stage, palette=m.palette),
                f"The later stage “{stage}”",
                "Trained with the model of the rows frozen.",
            )
        )
    return section


def drawing(m: Material) -> tuple[Section, Answer]:
    """Reconstructions, samples from the prior, and how much of the held-out rows the samples cover."""
    chosen = m.examples((30 if m.pictures else 400) // (2 if m.quick else 1))
    drawn = np.asarray(m.vae.generate(min(len(m.test), 500), random_state=m.seed))
    shown = samples.prior_samples(
        drawn[:48] if m.pictures else drawn, m.test, names=m.features, limits=m.limits, palette=m.palette
    )
    real, new, base = (m.comparable(rows) for rows in (m.test[: len(drawn)], drawn, m.known))
    ours = closeness.coverage(real, new)
    plain = closeness.coverage(real, closeness.gaussian_rows(base, len(drawn), m.seed))
    ceiling = "" if m.train is None else f"; training rows {closeness.coverage(real, base[: len(drawn)]):.2f}"
    answer = Answer(
        "Generate",
        f"{len(drawn):,} new rows from the prior; coverage is the share of held-out rows with a new row near by",
        f"coverage {ours:.2f}",
        f"a Gaussian over cells {plain:.2f}{ceiling}",
    )
    section = Section(
        "generate",
        "Generate",
        "A reconstruction goes through the code and back. A sample starts from nothing but the prior.",
        [
            Panel(
                "reconstructions",
                samples.reconstructions(m.test[chosen], m.reconstructed[chosen], limits=m.limits, palette=m.palette),
                "Held-out rows and their reconstructions",
                wide=m.pictures,
            ),
            *([] if m.pictures else [_by_feature(m)]),
            Panel("prior-samples", shown, "New rows, drawn from the prior", wide=True),
        ],
    )
    if m.conditions and m.pictures:
        section.panels.append(_by_condition(m))
    return section, answer


def spoken_condition(condition: Mapping[str, Any]) -> str:
    """A condition in words: 7, or sex Female, age 30."""
    values = [f"{value:.3g}" if isinstance(value, float) else str(value) for value in condition.values()]
    if len(values) == 1:
        return values[0]
    return ", ".join(f"{name} {value}" for name, value in zip(condition, values, strict=True))


def _by_condition(m: Material) -> Panel:
    """A line of samples for each condition."""
    known = sorted(m.conditions[:10], key=lambda c: tuple(map(str, c.values())))
    rows = np.stack([np.asarray(m.vae.generate(11, condition=c, random_state=m.seed)) for c in known])
    figure = samples.by_condition(rows, [spoken_condition(c) for c in known], m.limits)
    return Panel("conditional-samples", figure, "New rows on request", "Each line under its own condition.", wide=True)


def _by_feature(m: Material) -> Grid:
    """How well single features of a table come back, the worst first."""
    gap = ((m.comparable(m.reconstructed) - m.comparable(m.test)) ** 2).mean(0)
    spread = m.comparable(m.test).var(0)
    r2 = 1 - gap / np.where(spread > 0, spread, np.inf)
    names = tables.names_of(len(r2), m.features)
    worst = np.argsort(r2, kind="stable")[:12]
    words = "The share of a feature’s variance that comes back from the code; the worst first."
    return Grid("Feature by feature", ("feature", "R²"), [(names[i], f"{r2[i]:.2f}") for i in worst], words)


def moving(m: Material) -> Section:
    """The plane of the two most active latents, morphs between rows, and traversals."""
    panels: list[Panel | Grid] = []
    size = 11 if m.quick else 15
    order = np.argsort(-m.activity, kind="stable")
    if len(order) >= 2:
        first, second = (int(d) for d in sorted(order[:2]))
        names = (f"latent {first + 1}", f"latent {second + 1}")
        even = np.linspace(-m.grid_range, m.grid_range, size)
        quantiles = norm.ppf((np.arange(size) + 0.5) / size)
        reach = f"{m.grid_range:g}"
        which = "both latents" if len(order) == 2 else "the two most active latents, the others at 0"
        for name, ticks, title in (
            ("latent-plane", even, f"The plane from −{reach} to {reach}"),
            ("latent-quantiles", quantiles, "The plane through normal quantiles"),
        ):
            points = np.zeros((size, size, len(order)))
            points[..., first] = ticks[None, :]
            points[..., second] = ticks[::-1, None]
            grid = m.decode(points.reshape(size * size, -1)).reshape(size, size, *m.test.shape[1:])
            figure = samples.latent_grid(grid, ticks, names, m.features, m.limits, m.palette)
            even_words = f"Even steps of {which}."
            words = even_words if name == "latent-plane" else "Equal shares of the prior’s mass between the steps."
            words += f" Condition: {spoken_condition(m.usual)}." if m.usual else ""
            panels.append(Panel(name, figure, title, words, wide=not m.pictures))
    panels += [_morphs(m), _traversals(m, order)]
    return Section(
        "latent-space",
        "Moving through latent space",
        "Between two codes lie other codes, and most of them are rows too.",
        panels,
    )


def _morphs(m: Material) -> Panel:
    pairs = m.examples(12).reshape(-1) if len(m.test) >= 12 else np.arange(len(m.test) // 2 * 2)
    ends = [(int(a), int(b)) for a, b in zip(pairs[0::2], pairs[1::2], strict=False)] or [(0, 0)]
    first, last = (m.test[[pair[i] for pair in ends]] for i in (0, 1))
    rows = np.asarray(m.vae.interpolate(first, last, steps=11))
    names = [(m.labels.text(a) or f"row {a}", m.labels.text(b) or f"row {b}") for a, b in ends]
    figure = samples.morphing(rows, names, m.features, m.test, m.limits, m.palette)
    title = "From one digit to another" if m.home == "digit" else "From one row to another"
    return Panel("morphing", figure, title, "Even steps on the straight way between two codes, decoded.", wide=True)


def _traversals(m: Material, order: Array) -> Panel:
    dims = [int(d) for d in order[:8]]
    values = np.linspace(-m.grid_range, m.grid_range, 9)
    start = m.test[int(m.examples(1)[0])]
    rows = np.stack([np.asarray(m.vae.traverse(start, d, values)) for d in dims])
    figure = samples.traversals(rows, values, dims, m.features, m.test, m.limits, m.palette)
    words = f"One {m.home}, one latent moved at a time; the most active latents first."
    return Panel("traversals", figure, "What single latents do", words, wide=True)


def mapping(m: Material) -> Section:
    """Latent space by principal components and t-SNE, and raw rows by t-SNE beside it."""
    rows = 400 if m.quick else latents.TSNE_ROWS
    plane, share = latents.principal(m.latents)
    map_, index = latents.tsne(m.latents, m.seed, rows)
    raw, same = latents.tsne(m.comparable(m.test), m.seed, rows)
    coloured = ", coloured by label" if m.labels.codes is not None else ""
    section = Section(
        "maps",
        "Where rows lie",
        "Each dot is a held-out row. Labels were not needed to train the model; here they only colour the dots."
        if m.labels.codes is not None
        else "Each dot is a held-out row.",
        [
            Panel(
                "latent-pca",
                latents.latent_pca(plane, share, m.labels, m.palette),
                "Latent space by principal components",
                "A closed line holds half of its class; the curves along the borders are densities.",
            ),
            Panel(
                "latent-tsne",
                latents.label_map(map_, m.labels.take(index), palette=m.palette),
                f"Latent space by t-SNE{coloured}",
                f"{len(index):,} rows. Near rows stay near; distances between clusters mean little.",
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
            Grid(
                "Do neighbours share a label?",
                ("in", "share of the 5 nearest rows with a row’s own label"),
                [(name, f"{closeness.agreement(points, m.labels):.3f}") for name, points in spaces],
                "Over all held-out rows; 1 is best.",
            )
        )
    return section
