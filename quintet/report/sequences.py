"""The pages on models of series, text and sound: their material, sections and facts."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from quintet.errors import InputError, QuintetWarning
from quintet.report.facts import facts_of
from quintet.report.figures.palettes import Palette
from quintet.report.making import Parts, make_sections
from quintet.report.page import Page
from quintet.report.sections import series, sound, text
from quintet.report.series_material import SeriesMaterial
from quintet.report.sound_material import SoundMaterial
from quintet.report.text_material import TextMaterial
from quintet.training.progress import Progress

Material = SeriesMaterial | TextMaterial | SoundMaterial


def is_of_sequences(model: Any) -> bool:
    """Whether a model is a ``Series``, a ``Text`` or a ``Sound``."""
    from quintet.estimators import Series, Sound, Text

    return isinstance(model, Series | Text | Sound)


def sequence_page(
    model: Any,
    source: Any,
    given: Mapping[str, Any],
    palette: Palette,
    quick: bool,
    seed: int,
    progress: Progress | None,
) -> Page:
    """The page on a model of series, text or sound.

    Parameters
    ----------
    given : parameters of ``report`` that have no meaning here, which must be None.
    """
    kind = type(model).__name__
    for name, value in given.items():
        if value is not None:
            raise InputError(f"{name} has no meaning in a report on a {kind}: leave it out.")
    m, parts, page = _material(model, source, palette, quick, seed)
    with warnings.catch_warnings():  # on decisions by few held-out rows; the page states how many there are
        warnings.simplefilter("ignore", QuintetWarning)
        sections, answers = make_sections(parts, m, progress)
    return Page(page.title(m), page.lead(m), answers, sections, None, [*facts_of(m.training), *page.facts(m)])


def _material(model: Any, source: Any, palette: Palette, quick: bool, seed: int) -> tuple[Any, Parts, Any]:
    """Material, sections, and the module with title, lead and facts."""
    from quintet.estimators import Series, Sound

    if isinstance(model, Series):
        return SeriesMaterial(model, source, palette, quick, seed), series.PARTS, series.head
    if isinstance(model, Sound):
        return SoundMaterial(model, source, palette, quick, seed), sound.PARTS, sound.head
    return TextMaterial(model, source, palette, quick, seed), text.PARTS, text.head
