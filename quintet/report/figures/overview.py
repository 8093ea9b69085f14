"""The overview picture of the five answers, for the top of the page and the README."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.report.figures.canvas import styled
from quintet.report.figures.denoising import replace_uniformly
from quintet.report.figures.gallery import gallery
from quintet.report.figures.images import drawn_in_ink, pixels, sequential
from quintet.report.figures.imputation import hidden_masks
from quintet.report.figures.palettes import Palette, get_palette
from quintet.report.figures.reflow import Line
from quintet.report.material import ReportMaterial
from quintet.report.page import Panel

Array = NDArray[Any]


@styled
def answers_picture(
    generated: Array,
    packed: Array,
    noisy: Array,
    denoised: Array,
    odd: Array,
    where: Array,
    mask: Array,
    imputed: Array,
    whole: Array,
    limits: tuple[float, float],
    palette: Palette | str = "petroff",
) -> Figure:
    """One block of picture lines per question; every array is (columns, H, W) or (columns, H, W, C)."""
    ink = drawn_in_ink(packed)

    def shown(rows: Array, missing: Array | None = None) -> Array:
        return pixels(rows, limits, ink, missing)

    heat = np.maximum(np.asarray(where, dtype=float), 0)
    heat = heat.sum(-1) if heat.ndim == 4 else heat
    peak = np.maximum(heat.reshape(len(heat), -1).max(1), 1e-9)
    map_ = np.asarray(sequential(get_palette(palette).strange)(0.75 * heat / peak[:, None, None]))
    lines: list[Line | None] = [
        ("compressed", shown(packed)),
        None,
        ("generate", shown(generated)),
        None,
        ("noisy", shown(noisy)),
        ("denoise", shown(denoised)),
        None,
        ("anomalous", shown(odd)),
        ("heat map", map_),
        None,
        ("masked", shown(whole, mask)),
        ("impute", shown(imputed)),
    ]
    return gallery(lines, ink=ink)


def five_answers(m: ReportMaterial) -> Panel | None:
    """The overview of a report on pictures; None for tables."""
    if not m.pictures:
        return None
    from quintet.errors import Unanswerable

    columns = 12
    index = np.resize(m.examples(columns), columns)
    rows = m.test[index]
    odd = m.test[np.argsort(-m.surprise("test"), kind="stable")[:columns]]
    where = np.asarray(m.detection("test").where)[np.argsort(-m.surprise("test"), kind="stable")[:columns]]
    if m.strange is not None:
        pick = np.linspace(0, min(len(m.strange), 26) - 1, columns).astype(int)
        odd, where = m.strange[pick], np.asarray(m.detection("strange").where)[pick]
    mask = hidden_masks(rows.shape[1:], "centre", columns)
    noisy = replace_uniformly(rows, 0.25, m.limits, m.seed + 1)
    try:
        figure = answers_picture(
            np.asarray(m.vae.generate(columns)),
            np.asarray(m.vae.decompress(m.vae.compress(rows))),
            noisy,
            np.asarray(m.vae.denoise(noisy, batch_rows=columns)),
            odd,
            where,
            mask,
            np.asarray(m.vae.impute(rows, mask=mask, batch_rows=columns)),
            rows,
            m.limits,
            m.palette,
        )
    except Unanswerable:
        return None
    words = (
        f"On {m.which} rows, with noise and masks added. Denoised and imputed rows should look like the compressed "
        "ones, which are the originals; the heat map is dark where a cell is surprising."
    )
    alt = (
        f"{columns} {m.home}s decoded from a compressed file, generated, noisy and denoised, anomalous with a heat "
        "map, masked in the centre and imputed."
    )
    return Panel("five-answers", figure, "Five questions, one model", words, wide=True, alt=alt)
