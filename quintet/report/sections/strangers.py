"""The section on named anomalous rows, such as letters: their scores and reconstructions."""

import numpy as np

from quintet.report import figure_choice, sentences
from quintet.report.figures import surprise
from quintet.report.material import ReportMaterial
from quintet.report.page import Panel, Section
from quintet.report.sections.detect import SURPRISE
from quintet.report.sections.separation import stranger


def naming(m: ReportMaterial) -> Section:
    """Named anomalous rows: a summary, their scores on the histogram, and reconstructions."""
    section = Section("letters" if m.strange_title == "letters" else "strangers", _heading(m))
    if m.strange is None or not m.strange_names:
        return section
    names = list(m.strange_names)
    reads = sentences.read_as(m.strange_latents, m.latents, m.labels)
    entries = sentences.summarise(names, m.surprise("strange"), m.surprise("test"), reads)
    one = stranger(m) if m.strange_title == "letters" else "kind of anomalous row"
    section.notes.append(sentences.sentence_on_named(entries, one, m.home, m.which))
    several = len(names) > len(entries)
    section.lead = (
        (f"{len(names):,} {stranger(m)}s, which are not in the training data. " if several else "")
        + "Each name marks its surprise"
        + (", the median over its rows." if several else ".")
    )
    figure = surprise.score_histogram(
        {m.which: m.surprise("test"), m.strange_title: m.surprise("strange")},
        SURPRISE,
        sentences.by_name(entries),
        wide=True,
        palette=m.palette,
    )
    ordered = sorted(entries, key=lambda e: -e.score)
    alt = (
        f"Histogram of the surprise of {m.which} rows with the names of {len(entries)} kinds of anomalous rows at "
        f"their scores: {ordered[0].name} is strangest, {ordered[-1].name} least strange."
    )
    words = f"Names over the filled bars of the {m.which} rows pass for normal."
    section.panels.append(Panel("named-histogram", figure, f"Each {stranger(m)} by name", words, wide=True, alt=alt))
    first = np.array([names.index(e.name) for e in entries])[:52]
    back = np.asarray(m.vae.reconstruct(m.strange[first]))
    captions = [f"{e.name} → {e.read_as}" if e.read_as is not None else e.name for e in entries[:52]]
    pictured = figure_choice.named(m, m.strange[first], back, captions)
    words = (
        f"Above each: its name, and the most frequent {m.home} among its neighbours in latent space."
        if reads
        else "Names above."
    )
    section.panels.append(
        Panel(
            "named-rows",
            pictured,
            f"{_heading(m)} and their reconstructions",
            f"{words} A model of normal rows should not reconstruct strange ones well.",
            wide=m.pictures or m.series,
            alt=f"{len(first)} anomalous rows with their reconstructions: {', '.join(captions[:12])}.",
        )
    )
    return section


def _heading(m: ReportMaterial) -> str:
    return "Letters A to Z" if m.strange_title == "letters" else "Strange rows by name"
