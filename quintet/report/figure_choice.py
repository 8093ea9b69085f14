"""Figures by the kind of rows: pictures as galleries, series as curves, other rows by their features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quintet.report.figures import denoising, imputation, samples, series, strips, surprise
from quintet.report.figures.series import Curves
from quintet.report.material import Array, ReportMaterial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CURVES = 8
"""Most small plots of curves in a figure."""


def reconstructions(m: ReportMaterial, index: Array) -> Figure:
    """Rows and their reconstructions."""
    rows, back = m.test[index], m.reconstructed[index]
    if not m.series:
        return samples.reconstructions(rows, back, limits=m.limits, palette=m.palette)
    plots = [
        Curves(m.labels.text(int(i)), {"row": row, "reconstruction": own})
        for i, row, own in zip(index[:CURVES], rows, back, strict=False)
    ]
    return series.curve_grid(plots, palette=m.palette)


def new_rows(m: ReportMaterial, drawn: Array) -> Figure:
    """Generated rows."""
    if m.series:
        return series.curve_grid([Curves("", {"new row": row}) for row in drawn[: 3 * 4]], palette=m.palette)
    shown = drawn[:48] if m.pictures else drawn
    return samples.prior_samples(shown, m.test, names=m.features, limits=m.limits, palette=m.palette, ink=m.ink)


def plane(m: ReportMaterial, grid: Array, ticks: Array, names: tuple[str, str]) -> Figure:
    """Decoded rows over a plane of two latents, (k, k, *row)."""
    if m.series:
        return series.plane_curves(grid, ticks, names, m.palette)
    return samples.latent_grid(grid, ticks, names, m.features, m.limits, m.palette, m.ink)


def morphs(m: ReportMaterial, paths: Array, ends: Sequence[tuple[str, str]]) -> Figure:
    """Decoded straight lines between pairs of rows, (paths, points, *row)."""
    if m.series:
        titles = [f"{a} to {b}" for a, b in ends]
        return series.path_curves(paths[:, ::2], titles, ("first row", "second row"), palette=m.palette)
    return samples.morphing(paths, ends, m.features, m.test, m.limits, m.palette, m.ink)


def traversals(m: ReportMaterial, paths: Array, values: Array, latents: Sequence[int]) -> Figure:
    """One row with one latent changed at a time, (latents, points, *row)."""
    if m.series:
        ends = (f"{values[0]:g}".replace("-", "−"), f"{values[-1]:g}")
        return series.path_curves(paths[:, ::2], [f"latent {d + 1}" for d in latents], ends, palette=m.palette)
    return samples.traversals(paths, values, latents, m.features, m.test, m.limits, m.palette, m.ink)


def edits(m: ReportMaterial, groups: Sequence[tuple[Sequence[str], Array]], steps: Array) -> Figure:
    """Rows edited along attributes: titles of the lines and rows (lines, steps, *row) of each attribute."""
    if m.series:
        paths = np.concatenate([rows for _, rows in groups])
        titles = [title for titles, _ in groups for title in titles]
        ends = (f"{steps[0]:+g} sd".replace("-", "−"), f"{steps[-1]:+g} sd")
        return series.path_curves(paths[:, ::2], titles, ends, palette=m.palette)
    return strips.edit_strips(groups, steps.tolist(), m.features, m.test, m.limits, m.palette, m.ink)


def augmented(m: ReportMaterial, classes: Sequence[str], own: Array, labels: Array, new: Array, made: Array) -> Figure:
    """Labelled rows and new rows of their class; of rows that are neither pictures nor series only the first class."""
    if m.series:
        plots = [Curves(c, {"new row": new[made == c][:5], "row": own[labels == c][:5]}) for c in classes]
        return series.curve_grid(plots, wide=3, palette=m.palette)
    if not m.pictures:
        mine, others = new[made == classes[0]], own[labels == classes[0]]
        return samples.prior_samples(mine, others, names=m.features, limits=m.limits, palette=m.palette)
    rows = np.stack([own[labels == c][[0, -1]] for c in classes])
    others = np.stack([new[made == c][:8] for c in classes])
    return strips.beside_originals(classes, rows, others, m.limits, m.ink)


def cleaned(m: ReportMaterial, clean: Array, shown: Mapping[float, tuple[Array, Array]]) -> Figure:
    """Clean, noisy and denoised rows, by the share of cells that were replaced."""
    if m.series:
        plots = [
            Curves(f"{100 * share:.0f} % replaced", {"noisy": noisy[i], "clean": clean[i], "denoised": found[i]})
            for i in range(2)
            for share, (noisy, found) in shown.items()
            if i < len(clean)
        ]
        return series.curve_grid(plots, palette=m.palette)
    return denoising.noisy_against_denoised(clean, shown, m.limits, m.features, m.palette)


def imputed(
    m: ReportMaterial, x: Array, mask: Array, mean: Array, draws: Array, groups: Sequence[tuple[int, str]]
) -> Figure:
    """Rows, hidden cells, imputed means and draws (draws, n, *row); ``groups``: (rows, pattern of the mask)."""
    if not m.series:
        return imputation.masked_against_imputed(x, mask, mean, draws, groups, m.limits, m.palette)
    titles = [name for count, name in groups for _ in range(count)]
    plots = [
        Curves(titles[i], {"draws": draws[:, i], "row": x[i], "imputed mean": mean[i]}, shaded=mask[i])
        for i in range(len(x))
    ]
    return series.curve_grid(plots, palette=m.palette)


def strangest(m: ReportMaterial, index: Array, captions: Sequence[str]) -> Figure:
    """The highest-scoring rows, with captions."""
    rows = m.test[index]
    if m.series:
        where = np.asarray(m.detection("test").where)[index]
        return _marked(m, rows, m.reconstructed[index], where, captions, 5)
    return surprise.strangest(rows, captions, m.limits, m.features, m.known, m.palette)


def differences(
    m: ReportMaterial,
    rows: Array,
    back: Array,
    where: Array,
    captions: Sequence[str],
    groups: Sequence[tuple[int, str]],
) -> Figure:
    """Rows, reconstructions, and where they surprise."""
    if m.series:
        kinds = [name for count, name in groups for _ in range(count)]
        titles = [f"{kind}: {caption}" if caption else kind for kind, caption in zip(kinds, captions, strict=True)]
        return _marked(m, rows, back, where, titles, 4)
    return surprise.differences(rows, back, where, captions, groups, m.limits, m.features, m.palette)


def named(m: ReportMaterial, rows: Array, back: Array, captions: Sequence[str]) -> Figure:
    """Named anomalous rows and their reconstructions."""
    if not m.series:
        return surprise.named_rows(rows, back, captions, limits=m.limits, palette=m.palette)
    plots = [
        Curves(caption, {"row": row, "reconstruction": own})
        for caption, row, own in zip(captions[:CURVES], rows, back, strict=False)
    ]
    return series.curve_grid(plots, palette=m.palette)


def _marked(m: ReportMaterial, rows: Array, back: Array, where: Array, titles: Sequence[str], wide: int) -> Figure:
    """Series and their reconstructions, with the twentieth of all steps marked that surprises most."""
    limit = float(np.nanquantile(where, 0.95))
    plots = []
    for row, own, heat, title in zip(rows, back, where, titles, strict=False):
        marked: NDArray[Any] = np.where(heat >= limit, np.asarray(row, dtype=float), np.nan)
        plots.append(Curves(title, {"row": row, "reconstruction": own, "most surprising steps": marked}))
    return series.curve_grid(plots, wide=wide, palette=m.palette)
