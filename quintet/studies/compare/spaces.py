"""The section on latent spaces: densities, projections, and rows decoded from dense and sparse regions."""

from __future__ import annotations

import numpy as np

from quintet.report.figures import latents
from quintet.report.figures.gallery import gallery
from quintet.report.figures.images import drawn_in_ink, is_picture, pixels, value_range
from quintet.report.figures.reflow import Line
from quintet.report.labels import as_labels
from quintet.report.page import Panel, Section, TextTable
from quintet.studies.compare import alt_texts, figures
from quintet.studies.compare.results import Results


def spaces(r: Results) -> Section:
    """Make the section on latent spaces."""
    section = Section("spaces", "Latent spaces", "Codes of held-out rows: the means of q(z|x).")
    labels = as_labels(r.rows.labels)
    codes = {v: r.arrays[r.of(v)[0]]["means"] for v in r.study.variants if "means" in r.arrays[r.of(v)[0]]}
    if not codes:
        return section
    words = "The latents with the largest standard deviation; the dashed line is N(0, 1)."
    title, alt = "Densities of single latents", alt_texts.densities(codes)
    section.panels.append(Panel("densities", figures.densities(codes), title, words, wide=True, alt=alt))
    classes = 0 if labels.codes is None else len(labels.names)
    for v, z in codes.items():
        some = labels.take(slice(0, len(z)))
        plane, share = latents.principal(z)
        figure, title = latents.latent_pca(plane, share, some), f"{v} by principal components"
        alt = alt_texts.projection(len(plane), f"latents of {v}", classes, share)
        section.panels.append(Panel(f"pca-{v}", figure, title, alt=alt))
        map_, index = latents.tsne(z)
        figure, title = latents.label_map(map_, some.take(index)), f"{v} by t-SNE"
        alt = alt_texts.projection(len(index), f"latents of {v} in a t-SNE map", classes)
        section.panels.append(Panel(f"tsne-{v}", figure, title, alt=alt))
    map_, index = latents.tsne(r.rows.held[:2000])
    figure, title = latents.label_map(map_, labels.take(index)), "The raw rows by t-SNE"
    alt = alt_texts.projection(len(index), "cells in a t-SNE map", classes)
    section.panels.append(Panel("tsne-raw", figure, title, alt=alt))
    section.panels.extend(_regions(r))
    rows = [
        [v, _f(r.mean("gap", v)), _p(r.mean("holes", v)), _f(r.mean("active_units", v), ".0f")]
        + [_f(r.mean(f"{place}_apart", v), ".4f") for place in ("dense", "sparse")]
        for v in codes
    ]
    head = ["variant", "distance from N(0, I)", "prior draws far from all codes", f"active of {r.study.middle}"]
    head += ["distance to the nearest row, dense", "sparse"]
    section.panels.append(TextTable("Latent spaces against N(0, I)", head, rows, wide=True))
    return section


def _regions(r: Results) -> list[Panel]:
    held = r.rows.held
    if not is_picture(held.shape[1:]):
        return []
    limits, ink = value_range(held), drawn_in_ink(held)
    lines: list[Line | None] = []
    for v in r.study.variants:
        found = r.arrays[r.of(v)[0]]
        if "dense" in found:
            lines += [(f"{v}, dense", pixels(found["dense"], limits, ink))]
            lines += [("sparse", pixels(found["sparse"], limits, ink)), None]
    words = "Decoded from codes in dense regions, and from midpoints of codes in sparse regions."
    if not lines:
        return []
    shown = [v for v in r.study.variants if "dense" in r.arrays[r.of(v)[0]]]
    alt = alt_texts.regions({v: (r.mean("dense_apart", v), r.mean("sparse_apart", v)) for v in shown})
    title = "Dense and sparse regions"
    return [Panel("regions", gallery(lines[:-1], ink=ink), title, words, wide=True, alt=alt)]


def _f(value: float, form: str = ".3f") -> str:
    return format(value, form) if np.isfinite(value) else "–"


def _p(value: float) -> str:
    return f"{value:.0%}" if np.isfinite(value) else "–"
