"""The section on anomaly detection: scores, highest-scoring rows, ROC curves and heat maps."""

import numpy as np

from quintet.report import figure_choice
from quintet.report.figures import roc, surprise
from quintet.report.maps import one_of_each
from quintet.report.material import Array, ReportMaterial
from quintet.report.page import Answer, Panel, Section
from quintet.report.sections.separation import in_figures, pairs_of, plural, roc_panel, stranger, together
from quintet.report.sentences import percent

SURPRISE = "surprise (higher is more anomalous)"
ERROR = "mean squared reconstruction error"


def detecting(m: ReportMaterial) -> tuple[Section, Answer]:
    """Detection: histograms of two scores, the ten highest-scoring rows, ROC curves and heat maps."""
    sets = [name for name in ("train", "test", "strange") if m.rows_of_set(name) is not None]
    titles = {"train": "train", "test": m.which, "strange": m.strange_title}
    section = Section("detect", "Detect", _lead(m))
    for name, score, label, title in (
        ("error", m.error, f"{ERROR}, {_error_unit(m)}", "Reconstruction error"),
        ("surprise", m.surprise, SURPRISE, "Surprise"),
    ):
        found = {titles[s]: score(s) for s in sets}
        section.panels.append(_histogram(found, name, label, title, m))
    for name, score, title in (
        ("surprise", m.surprise, f"The ten {m.which} rows with the highest surprise"),
        ("error", m.error, f"The ten {m.which} rows with the highest reconstruction error"),
    ):
        section.panels.append(_strangest(m, name, score("test"), title))
    if m.strange is not None:
        section.panels += [roc_panel(m), in_figures(m), *together(m)]
    section.panels.append(_where(m))
    return section, _answer(m)


def _histogram(scores: dict[str, Array], name: str, label: str, title: str, m: ReportMaterial) -> Panel:
    words = f"Training and {m.which} rows should overlap: {m.which} rows farther right mean overfitting. "
    words = words if "train" in scores and m.which != "train" else ""
    if m.strange is not None:
        words += f"{plural(m).capitalize()} should lie to the right of them."
    alt = f"Histogram of the {title.lower()}; medians: " + ", ".join(
        f"{each} {float(np.nanmedian(values)):.3g}" for each, values in scores.items()
    )
    figure = surprise.score_histogram(scores, label, palette=m.palette)
    return Panel(f"histogram-{name}", figure, title, words.strip(), alt=alt + ".")


def _error_unit(m: ReportMaterial) -> str:
    scaled = not (m.pictures or not m.vae.schema_.is_standardised)
    return "sd²" if scaled else "range² of a cell"


def _lead(m: ReportMaterial) -> str:
    text = (
        "Surprise is the model’s anomaly score; the reconstruction error alone depends on the amount of detail in a "
        "row. "
        f"{_alarms(m)} "
    )
    if m.strange is not None:
        found = float((np.asarray(m.detection("strange").p_values) <= 0.05).mean())
        text += f"Of the {len(m.strange):,} {stranger(m)}s, {percent(found)} have one."
    return text


def _share_of_alarms(m: ReportMaterial) -> float | None:
    """Share of p ≤ 0.05 among rows that training did not use; None without such rows."""
    new = ~m.origin.calibrates if m.origin.trained is not None else np.ones(len(m.test), dtype=bool)
    if m.which == "training" or not new.any():
        return None
    return float((np.asarray(m.detection("test").p_values)[new] <= 0.05).mean())


def _alarms(m: ReportMaterial) -> str:
    """A sentence on the false alarm rate at p ≤ 0.05."""
    share = _share_of_alarms(m)
    if share is None:
        return "All rows of this page were used in training, so the false alarm rate is not known here."
    return f"Of the {m.which} rows, {percent(share)} have a p-value of 0.05 or less; 5 % is expected."


def _captions(m: ReportMaterial, index: Array, scores: Array) -> list[str]:
    top = float(np.abs(scores).max(initial=0))
    digits = 0 if top >= 100 else 2 if top >= 1 else 3
    return [f"{m.labels.text(int(i))}  {scores[i]:.{digits}f}".strip().replace("-", "−") for i in index]


def _strangest(m: ReportMaterial, name: str, scores: Array, title: str) -> Panel:
    index = np.argsort(-scores, kind="stable")[:10]
    figure = figure_choice.strangest(m, index, _captions(m, index, scores))
    what = "Label and score" if m.labels.codes is not None else "The score"
    words = (
        f"{what} {'above' if m.pictures or m.series else 'next to'} each row; the highest score first. They should be "
        "odd to the eye; rows that look normal are false alarms."
    )
    alt = f"The {len(index)} {m.which} rows with the highest {title.split('highest ')[1]}, from {scores[index[0]]:.3g} "
    alt += f"down to {scores[index[-1]]:.3g}."
    return Panel(f"strangest-{name}", figure, title, words, wide=True, alt=alt)


def _where(m: ReportMaterial) -> Panel:
    normal = m.examples(6)
    rows, groups = m.test[normal], [(len(normal), f"{m.home}s")]
    where = np.asarray(m.detection("test").where)[normal]
    back = m.reconstructed[normal]
    captions = [m.labels.text(int(i)) for i in normal]
    if m.strange is not None:
        odd = np.linspace(0, len(m.strange) - 1, min(6, len(m.strange))).astype(int)
        if m.strange_names:
            odd = one_of_each(m)
            odd = odd[np.argsort(-m.surprise("strange")[odd])][:6]
            captions += [m.strange_names[i] for i in odd]
        else:
            captions += [""] * len(odd)
        rows = np.concatenate([rows, m.strange[odd]])
        where = np.concatenate([where, np.asarray(m.detection("strange").where)[odd]])
        back = np.concatenate([back, np.asarray(m.vae.reconstruct(m.strange[odd]))])
        groups.append((len(odd), plural(m)))
    figure = figure_choice.differences(m, rows, back, where, captions, groups)
    words = "Difference: row minus reconstruction. Where: contribution of each cell to the surprise. "
    if m.series:
        words = "Marked: the twentieth of the steps shown that contribute most to the surprise. "
    words += "Normal rows should have few marks; marks should lie on what is odd."
    alt = "Rows, reconstructions and where they surprise: " + ", ".join(f"{count} {name}" for count, name in groups)
    return Panel("where", figure, "Differences, and where rows surprise", words, wide=True, alt=alt + ".")


def _answer(m: ReportMaterial) -> Answer:
    if m.strange is None:
        share = _share_of_alarms(m)
        found = "not known" if share is None else f"{percent(share)} at most 0.05"
        return Answer("Detect", f"p-values of {m.which} rows; 5 % at most 0.05 are expected", found)
    (ours, other) = (roc.auroc_between(*pair) for pair in pairs_of(m).values())
    what = f"{len(m.strange):,} {stranger(m)}s among {len(m.test):,} {m.which} {m.home}s"
    return Answer("Detect", what, f"AUROC {ours:.3f}", f"{_baseline(m)}; reconstruction error alone {other:.3f}")


def _baseline(m: ReportMaterial) -> str:
    """AUROC of the mean distance to the five nearest raw rows."""
    from sklearn.neighbors import NearestNeighbors

    assert m.strange is not None
    flat = [m.comparable(rows) for rows in (m.known, m.test, m.strange)]
    own = m.train is None  # without training rows, each row is compared with the other rows
    count = min(5, len(flat[0]) - own)
    if not count:
        return "no rows to compare with"
    near = NearestNeighbors(n_neighbors=count).fit(flat[0])
    normal = near.kneighbors(None if own else flat[1])[0].mean(1)
    strange = near.kneighbors(flat[2])[0].mean(1)
    return f"5 nearest raw rows {roc.auroc_between(normal, strange):.3f}"
