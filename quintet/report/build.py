"""The function `report`, which writes the HTML page on a fitted model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from quintet._version import __version__
from quintet.arguments import File, FittedVAE, Labels, Positive, RowsLike, Seed
from quintet.entry_points import public
from quintet.errors import InputError, Unanswerable
from quintet.report.cost import SLOW, is_slow
from quintet.report.figures.overview import five_answers
from quintet.report.figures.palettes import Palette, get_palette
from quintet.report.gather import gather
from quintet.report.material import ReportMaterial
from quintet.report.page import Answer, Page, Section, is_page, write_page
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
from quintet.report.table_material import TableMaterial
from quintet.training.progress import Progress

Made = Section | tuple[Section, Answer]
Parts = Sequence[tuple[str, Callable[[Any], Made]]]
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
    vae: FittedVAE,
    X: RowsLike,
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
    vae : a fitted model.
    X : rows (n, *row). Training rows, as far as the model's file identifies them, are left out of the evaluation and
        used for the baselines; at most 2,000 rows are evaluated.
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
    m = gather(vae, X, y, strange, strange_labels, train, get_palette(palette), grid_range, quick, random_state)
    parts = TABLE_PARTS if isinstance(m, TableMaterial) else PARTS
    sections, found = [], []
    for i, (name, make) in enumerate(parts):
        if progress is not None:
            progress("report", i, len(parts), name)
        section, answer = _section(name, make, m)
        sections.append(section)
        found += [answer] if answer else []
    order = ["Compress", "Generate", "Denoise", "Detect", "Impute"]
    found.sort(key=lambda a: order.index(a.question))
    page = Page(
        title or "One model, five answers",
        _lead(m),
        found if answers is None else list(answers),
        sections,
        None if isinstance(m, TableMaterial) else five_answers(m),
        _facts(m),
        f"Made with quintet {__version__}."
        + ("" if is_page(Path(out)) else " Every figure is also in the folder figures, as PNG and SVG."),
    )
    path = write_page(page, Path(out), force=force)
    if progress is not None:
        progress("report", len(parts), len(parts), str(path))
    return path


def _section(name: str, make: Callable[[Any], Made], m: ReportMaterial) -> tuple[Section, Answer | None]:
    """Make a section and its answer; if it cannot be made, the section holds the reason."""
    try:
        made = make(m)
    except (Unanswerable, InputError) as reason:
        return Section(name.replace(" ", "-"), name.capitalize(), notes=[str(reason)]), None
    return made if isinstance(made, tuple) else (made, None)


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


def _variant(m: ReportMaterial) -> str:
    fitted = getattr(m.vae, "fitted_", None)
    variant = getattr(m.vae, "variant", "vae") if fitted is None else fitted.options.get("variant", "vae")
    if not isinstance(variant, str):
        return type(variant).__name__.lower()
    return "vae" if variant == "auto" else variant  # what was chosen is in the options of a fitted model


def _lead(m: ReportMaterial) -> str:
    count = m.latent_dim
    known = {"ae": "An autoencoder", "vae": "A variational autoencoder", "beta": "A β-VAE", "cvae": "A conditional VAE"}
    kind = known.get(_variant(m), f"A model of the kind “{_variant(m)}”")
    return (
        f"{kind} with {count} latent{'s' if count != 1 else ''} was trained on {_shape_words(m)}. "
        "This page shows its answers to the five questions, compress, generate, denoise, detect and impute, on "
        f"{len(m.test):,} {m.which} {m.home}s. {m.origin.sentence(m.home)}".strip()
        + (f" {SLOW}" if is_slow(m.vae) else "")
    )


def _facts(m: ReportMaterial) -> list[tuple[str, str]]:
    facts = [("variant", _variant(m)), ("latents", str(m.latent_dim))]
    with suppress(Unanswerable):  # a generator alone has no latents of given rows
        facts.append(("active latents", str(int((m.activity > 0.01).sum()))))
    parameters = getattr(getattr(m.vae, "fitted_", None), "model", None)
    if parameters is not None:
        facts.append(("weights", f"{sum(p.numel() for p in parameters.parameters()):,}"))
    if m.history:
        facts.append(("epochs", str(len({(r.get("stage"), r.get("epoch")) for r in m.history}))))
        seconds = sum(float(r.get("seconds") or 0) for r in m.history)
        facts.append(("training", f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"))
    facts.append((f"{m.which} rows", f"{len(m.test):,}"))
    return facts
