"""How well scores and maps separate anomalous rows from normal ones: ROC curves, their areas, and t-SNE."""

import numpy as np

from quintet.report.figures import latents, roc
from quintet.report.maps import row_map
from quintet.report.material import Array, ReportMaterial
from quintet.report.page import Panel, TextTable
from quintet.report.sentences import percent


def stranger(m: ReportMaterial) -> str:
    """The noun for one anomalous row."""
    return "letter" if m.strange_title == "letters" else "strange row"


def plural(m: ReportMaterial) -> str:
    return m.strange_title if m.strange_title != "strange" else "strange rows"


def pairs_of(m: ReportMaterial) -> dict[str, tuple[Array, Array]]:
    return {
        "surprise": (m.surprise("test"), m.surprise("strange")),
        "reconstruction error": (m.error("test"), m.error("strange")),
    }


def roc_panel(m: ReportMaterial) -> Panel:
    figure = roc.roc_curves(pairs_of(m), m.palette)
    odd = "strange rows" if m.strange_title == "strange" else m.strange_title
    words = f"{m.which.capitalize()} rows are normal, {odd} are not. Good scores rise at once; the diagonal is chance."
    areas = ", ".join(f"{name} {roc.auroc_between(*pair):.3f}" for name, pair in pairs_of(m).items())
    alt = f"ROC curves of both scores, {odd} against {m.which} rows; areas: {areas}."
    return Panel("roc", figure, "ROC curves of both scores", words, alt=alt)


def in_figures(m: ReportMaterial) -> TextTable:
    lines = []
    for name, (normal, strange) in pairs_of(m).items():
        limit = np.quantile(normal, 0.95)
        lines.append((name, f"{roc.auroc_between(normal, strange):.3f}", percent(float((strange > limit).mean()))))
    words = f"{len(m.test):,} normal and {len(m.strange_latents):,} {plural(m)}. AUROC: 1 is perfect, 0.5 is chance."
    return TextTable("Both scores in figures", ("score", "AUROC", "found at 5 % false alarms, share"), lines, words)


def together(m: ReportMaterial) -> list[Panel]:
    """Maps of normal and anomalous rows by t-SNE: of their latents and of the raw rows."""
    panels = []
    for name, space, where in (("latents", "latents", "in latent space"), ("raw", "raw", "as raw rows")):
        found = row_map(m, space)
        marks = [m.strange_names[i] for i in found.strange_index] if m.strange_names else None
        plane = np.concatenate([found.normal, found.strange])
        strange = np.arange(len(plane)) >= len(found.normal)
        figure = latents.normal_and_strange(plane, strange, m.strange_title, marks, palette=m.palette)
        panels.append(
            Panel(
                f"normal-and-strange-{name}",
                figure,
                f"Normal rows and {plural(m)} {where}, by t-SNE",
                f"{plural(m).capitalize()} apart from the dots are easy to find; those among them pass for normal.",
                alt=f"t-SNE map of {len(found.normal)} {m.which} rows and {len(found.strange)} {plural(m)} {where}.",
            )
        )
    return panels
