"""The function `report`, which writes the HTML page on a fitted model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from quintet._version import __version__
from quintet.arguments import File, FittedModel, Labels, Positive, ReportSource, RowsLike, Seed
from quintet.arguments.arrays import Cells
from quintet.entry_points import public
from quintet.report.cost import SLOW, is_slow
from quintet.report.facts import facts_of, variant_of
from quintet.report.figures.overview import five_answers
from quintet.report.figures.palettes import Palette, get_palette
from quintet.report.gather import gather
from quintet.report.making import Parts, make_sections
from quintet.report.material import ReportMaterial
from quintet.report.page import Answer, Page, is_page, write_page
from quintet.report.sections.answers import cleaning, filling
from quintet.report.sections.augment import augmenting
from quintet.report.sections.compress import compressing
from quintet.report.sections.detect import detecting
from quintet.report.sections.edit import editing
from quintet.report.sections.latents import mapping, moving
from quintet.report.sections.model import drawing
from quintet.report.sections.strangers import naming
from quintet.report.sections.table import compress, denoise, detect, generate, impute, latents, pairs, privacy
from quintet.report.sections.training import training
from quintet.report.sequences import is_of_sequences, sequence_page
from quintet.report.table_material import TableMaterial
from quintet.training.progress import Progress

PARTS: Parts = (
    ("training", training),
    ("generate", drawing),
    ("latent space", moving),
    ("edit", editing),
    ("augment", augmenting),
    ("maps", mapping),
    ("compress", compressing),
    ("denoise", cleaning),
    ("detect", detecting),
    ("letters", naming),
    ("impute", filling),
)
"""The sections on rows of cells, in their order."""
TABLE_PARTS: Parts = (
    ("training", training),
    ("generate", generate.drawing),
    ("pairs of columns", pairs.comparing),
    ("privacy", privacy.leaking),
    ("latents", latents.sweeping),
    ("maps", mapping),
    ("compress", compress.compressing),
    ("denoise", denoise.cleaning),
    ("detect", detect.detecting),
    ("impute", impute.filling),
)
"""The sections on tables of columns of different types."""


@public
def report(
    vae: FittedModel,
    X: ReportSource,
    y: Labels | None = None,
    out: File = "report",
    *,
    strange: RowsLike | None = None,
    strange_labels: Labels | None = None,
    train: RowsLike | None = None,
    palette: str | Palette | Sequence[str] = "petroff",
    grid_range: Positive = 3.0,
    quick: bool = False,
    title: str = "",
    answers: Sequence[Answer] | None = None,
    random_state: Seed = 0,
    progress: Progress | None = None,
    force: bool = True,
) -> Path:
    """Write one HTML page on a fitted model, with every figure as PNG and SVG.

    Parameters
    ----------
    vae : a fitted model; or a fitted ``Series``, ``Text`` or ``Sound``.
    X : rows (n, *row). Training rows, as far as the model's file identifies them, are left out of the evaluation and
        used for the baselines; at most 2,000 rows are evaluated. Of a ``Series``, ``Text`` or ``Sound`` a source as of
        its methods; of the further parameters only ``out``, ``palette``, ``quick``, ``title``, ``answers``,
        ``random_state``, ``progress`` and ``force`` apply then.
    y : labels (n,), or None; used for colours and captions only.
    out : output folder of ``report.html`` and ``figures``; or a path that ends in .html, for the page alone with
        all figures in it.
    strange : anomalous rows (k, *row). By default, pictures like digits are compared with the letters A to Z.
    strange_labels : names of the anomalous rows (k,).
    train : training rows, for the histograms and the baselines; None: the training rows among X.
    palette : one of ``palette_names()``, or colours such as ["#3f90da", "#ffa90e"].
    grid_range : largest absolute value of the plane of two latents.
    quick : use fewer rows; always so of a model that sees pixels (``context="grid"``, ``"wide_grid"``).
    title : heading of the page.
    answers : lines for the table at the top of the page; None: those that the report measures.
    progress : called for each section as ``progress(what, done, total, detail)``.
    force : whether files of an earlier report in ``out`` may be replaced. All files are written, or none.

    Returns
    -------
    path : the path of the page.
    """
    colours = get_palette(palette)
    if is_of_sequences(vae):
        given = {"y": y, "strange": strange, "strange_labels": strange_labels, "train": train}
        page = sequence_page(vae, X, given, colours, quick, random_state, progress)
    else:
        rows = Cells().validate("X", X)
        page = _page_of_rows(
            gather(vae, rows, y, strange, strange_labels, train, colours, grid_range, quick, random_state), progress
        )
    page.title = title or page.title
    page.answers = page.answers if answers is None else list(answers)
    page.foot = f"Made with quintet {__version__}." + (
        "" if is_page(Path(out)) else " Every figure is also in the folder figures, as PNG and SVG."
    )
    path = write_page(page, Path(out), force=force)
    if progress is not None:
        progress("report", 1, 1, str(path))
    return path


def _page_of_rows(m: ReportMaterial, progress: Progress | None) -> Page:
    """The page on rows of cells or on a table."""
    is_table = isinstance(m, TableMaterial)
    sections, answers = make_sections(TABLE_PARTS if is_table else PARTS, m, progress)
    overview = None if is_table else five_answers(m)
    return Page("One model, five answers", _lead(m), answers, sections, overview, _facts(m))


def _shape_words(m: ReportMaterial) -> str:
    shape = m.vae.schema_.row_shape
    if m.pictures:
        return f"{m.home}s of {shape[0]}×{shape[1]} pixels" + (
            " in colour" if len(shape) == 3 and shape[2] == 3 else ""
        )
    if isinstance(m, TableMaterial):
        return f"tables of {len(m.vae.schema_.columns)} columns"
    if m.series:
        return f"series of {int(np.prod(shape)):,} steps"
    return f"rows of {int(np.prod(shape)):,} numbers"


def _lead(m: ReportMaterial) -> str:
    count = m.latent_dim
    known = {"ae": "An autoencoder", "vae": "A variational autoencoder", "beta": "A β-VAE", "cvae": "A conditional VAE"}
    variant = variant_of(m.vae)
    kind = known.get(variant, f"A model of the kind “{variant}”")
    return (
        f"{kind} with {count} latent{'s' if count != 1 else ''} was trained on {_shape_words(m)}. "
        "This page shows its answers to the five questions, compress, generate, denoise, detect and impute, on "
        f"{len(m.test):,} {m.which} {m.home}s. {m.origin.sentence(m.home)}".strip()
        + (f" {SLOW}" if is_slow(m.vae) else "")
    )


def _facts(m: ReportMaterial) -> list[tuple[str, str]]:
    return [*facts_of(m), (f"{m.which} rows", f"{len(m.test):,}")]
