"""Preparation of a report's input: evaluated rows, training rows and anomalous rows, subsampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quintet.report.cost import is_slow
from quintet.report.figures.images import drawn_in_ink, is_picture
from quintet.report.figures.palettes import Palette
from quintet.report.labels import as_labels
from quintet.report.material import ReportMaterial
from quintet.report.origin import origin_of
from quintet.report.table_material import TableMaterial

if TYPE_CHECKING:
    from quintet.estimators import VAE

Array = NDArray[Any]


def draw_strangers(shape: Sequence[int], schema: Any, like: Array) -> tuple[Array, tuple[str, ...]] | None:
    """Draw the letters A to Z in the size and units of square, mostly empty grey pictures; None for other rows."""
    size = shape[0]
    square = is_picture(shape) and shape[0] == shape[1] and (len(shape) == 2 or shape[2] == 1)
    if not square or size < 8 or not drawn_in_ink(like):
        return None
    from quintet.data.readers.letters import draw_letters

    drawn, names = draw_letters(size)
    rows: Array = drawn * (schema.top if schema.support.is_bounded else 1.0) / float(drawn.max())
    rows = np.rint(rows) if schema.support.levels else rows
    return rows.astype(like.dtype).reshape(-1, *shape), tuple(str(n) for n in names)


def take_rows(rows: Any, index: Array) -> Any:
    """The rows of an array or frame with these indices."""
    if isinstance(rows, np.ndarray):
        return rows[index]
    import narwhals as nw

    return nw.to_native(nw.from_native(rows, eager_only=True)[index.tolist()])


def _rows(X: Any, table: bool) -> Any:
    """Rows as an array; those of a table as they are, as far as they are a frame."""
    if table:
        return X if hasattr(X, "columns") else np.asarray(X, dtype=object)
    from quintet.data.readers.frames import to_numpy

    return to_numpy(X)[0]


def some(rows: Array, count: int, seed: int) -> Array:
    """Ascending indices of at most ``count`` rows, sampled with ``seed``."""
    if len(rows) <= count:
        return np.arange(len(rows))
    return np.sort(np.random.default_rng(seed).permutation(len(rows))[:count])


def gather(
    vae: VAE,
    X: Any,
    y: Any,
    strange: Any,
    strange_labels: Any,
    train: Any,
    palette: Palette,
    grid_range: float,
    quick: bool,
    seed: int,
) -> ReportMaterial:
    """Convert the arguments of ``report`` to arrays; without anomalous rows, draw letters.

    Training rows among X are not evaluated; without ``train``, the baselines are fitted to them.
    """
    table, quick = bool(vae.schema_.columns), quick or is_slow(vae)
    most = 300 if quick else 2000
    rows = _rows(X, table)
    origin, judged, trained = origin_of(vae.parts_of(rows))
    chosen = some(judged, most, seed)
    origin = replace(origin, calibrates=origin.calibrates[chosen]) if origin.trained is not None else origin
    known = None
    if train is not None:
        known = _rows(train, table)
        own = origin_of(vae.parts_of(known))[2]
        known = take_rows(known, own) if len(own) else known
    elif len(trained) and origin.word == "held-out":
        known = take_rows(rows, trained)
    known = None if known is None else take_rows(known, some(known, most, seed))
    labels = as_labels(y).take(judged[chosen])
    rows = take_rows(rows, judged[chosen])
    title, others = "strange", None
    names: tuple[str, ...] = ()
    if strange is not None:
        others = _rows(strange, table)
        chosen = some(others, most, seed)
        others = take_rows(others, chosen)
        if strange_labels is not None:
            given_labels = as_labels(strange_labels)
            names = tuple(given_labels.text(i) for i in chosen)
            title = "letters" if all(len(n) == 1 and n.isalpha() for n in names) else "strange"
    elif not table:
        drawn = draw_strangers(rows.shape[1:], vae.schema_, rows)
        if drawn is not None:
            others, names, title = drawn[0], drawn[1], "letters"
    material = TableMaterial if table else ReportMaterial
    return material(vae, rows, labels, palette, known, others, names, title, grid_range, quick, seed, origin)
