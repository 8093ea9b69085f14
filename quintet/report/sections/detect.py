"""The section on anomaly detection: scores, highest-scoring rows, ROC curves and heat maps."""

import numpy as np

from quintet.report.figures import latents, roc, surprise
from quintet.report.gather import some
from quintet.report.material import Array, ReportMaterial
from quintet.report.page import Answer, Panel, Section, TextTable
from quintet.report.sentences import percent

SURPRISE = "surprise (higher is more anomalous)"
ERROR = "mean squared reconstruction error"


def detecting(m: ReportMaterial) -> tuple[Section, Answer]:
    """Detection: histograms of two scores, the ten highest-scoring rows, ROC curves and heat maps."""
    sets = [name for name in ("train", "test", "strange") if m.rows_of_set(name) is not None]
    titles = {"train": "train", "test": "test", "strange": m.strange_title}
    section = Section("detect", "Detect", _lead(m))
    for name, score, label, title in (
        ("error", m.error, ERROR, "Reconstruction error"),
        ("surprise", m.surprise, SURPRISE, "Surprise"),
    ):
        figure = surprise.score_histogram({titles[s]: score(s) for s in sets}, label, palette=m.palette)
        section.panels.append(Panel(f"histogram-{name}", figure, title))
    for name, score, title in (
        ("surprise", m.surprise, f"The ten {m.which} rows with the highest surprise"),
        ("error", m.error, f"The ten {m.which} rows with the highest reconstruction error"),
    ):
        section.panels.append(_strangest(m, name, score("test"), title))
    if m.strange is not None:
        section.panels += [_roc(m), _in_figures(m), *_together(m)]
    section.panels.append(_where(m))
    return section, _answer(m)


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


def stranger(m: ReportMaterial) -> str:
    """The noun for one anomalous row."""
    return "letter" if m.strange_title == "letters" else "strange row"


def _captions(m: ReportMaterial, index: Array, scores: Array) -> list[str]:
    top = float(np.abs(scores).max(initial=0))
    digits = 0 if top >= 100 else 2 if top >= 1 else 3
    return [f"{m.labels.text(int(i))}  {scores[i]:.{digits}f}".strip().replace("-", "−") for i in index]


def _strangest(m: ReportMaterial, name: str, scores: Array, title: str) -> Panel:
    index = np.argsort(-scores, kind="stable")[:10]
    figure = surprise.strangest(m.test[index], _captions(m, index, scores), m.limits, m.features, m.known, m.palette)
    what = "Label and score" if m.labels.codes is not None else "The score"
    words = f"{what} {'above' if m.pictures else 'next to'} each row; the highest score first."
    return Panel(f"strangest-{name}", figure, title, words, wide=True)


def _pairs(m: ReportMaterial) -> dict[str, tuple[Array, Array]]:
    return {
        "surprise": (m.surprise("test"), m.surprise("strange")),
        "reconstruction error": (m.error("test"), m.error("strange")),
    }


def _roc(m: ReportMaterial) -> Panel:
    figure = roc.roc_curves(_pairs(m), m.palette)
    odd = "strange rows" if m.strange_title == "strange" else m.strange_title
    words = f"{m.which.capitalize()} rows are normal, {odd} are not."
    return Panel("roc", figure, "ROC curves of both scores", words)


def _in_figures(m: ReportMaterial) -> TextTable:
    lines = []
    for name, (normal, strange) in _pairs(m).items():
        limit = np.quantile(normal, 0.95)
        lines.append((name, f"{roc.auroc_between(normal, strange):.3f}", percent(float((strange > limit).mean()))))
    words = f"{len(m.test):,} normal and {len(m.strange_latents):,} {_rows(m)}."
    return TextTable("Both scores in figures", ("score", "AUROC", "found at 5 % false alarms"), lines, words)


def _together(m: ReportMaterial) -> list[Panel]:
    """Maps of normal and anomalous rows by t-SNE: of their latents and of the raw rows."""
    assert m.strange is not None
    most = 400 if m.quick else latents.TSNE_ROWS
    odd = _one_of_each(m) if m.strange_names else some(m.strange, most // 2, m.seed)
    normal = some(m.test, most - len(odd), m.seed)
    marks = [m.strange_names[i] for i in odd] if m.strange_names else None
    panels = []
    for name, ours, others, where in (
        ("latents", m.latents, m.strange_latents, "in latent space"),
        ("raw", m.comparable(m.test), m.comparable(m.strange), "as raw rows"),
    ):
        plane, index = latents.tsne(np.concatenate([ours[normal], others[odd]]), m.seed, len(normal) + len(odd))
        figure = latents.normal_and_strange(plane, index >= len(normal), m.strange_title, marks, palette=m.palette)
        title = f"Normal rows and {_rows(m)} {where}, by t-SNE"
        panels.append(Panel(f"normal-and-strange-{name}", figure, title))
    return panels


def _rows(m: ReportMaterial) -> str:
    return m.strange_title if m.strange_title != "strange" else "strange rows"


def _one_of_each(m: ReportMaterial) -> Array:
    """Indices of the first row of each name, or of a sample of rows if there are at most four names."""
    assert m.strange is not None
    first = {name: i for i, name in reversed(list(enumerate(m.strange_names)))}
    return np.array(sorted(first.values())) if len(first) > 4 else some(m.strange, 400, m.seed)


def _where(m: ReportMaterial) -> Panel:
    normal = m.examples(6)
    rows, groups = m.test[normal], [(len(normal), f"{m.home}s")]
    where = np.asarray(m.detection("test").where)[normal]
    back = m.reconstructed[normal]
    captions = [m.labels.text(int(i)) for i in normal]
    if m.strange is not None:
        odd = np.linspace(0, len(m.strange) - 1, min(6, len(m.strange))).astype(int)
        if m.strange_names:
            odd = _one_of_each(m)
            odd = odd[np.argsort(-m.surprise("strange")[odd])][:6]
            captions += [m.strange_names[i] for i in odd]
        else:
            captions += [""] * len(odd)
        rows = np.concatenate([rows, m.strange[odd]])
        where = np.concatenate([where, np.asarray(m.detection("strange").where)[odd]])
        back = np.concatenate([back, np.asarray(m.vae.reconstruct(m.strange[odd]))])
        groups.append((len(odd), _rows(m)))
    figure = surprise.differences(rows, back, where, captions, groups, m.limits, m.features, m.palette)
    return Panel(
        "where",
        figure,
        "Differences and heat maps",
        "Difference: row minus reconstruction. Where: contribution of each cell to the surprise.",
        wide=True,
    )


def _answer(m: ReportMaterial) -> Answer:
    if m.strange is None:
        share = _share_of_alarms(m)
        found = "not known" if share is None else f"{percent(share)} at most 0.05"
        return Answer("Detect", f"p-values of {m.which} rows; 5 % at most 0.05 are expected", found)
    (ours, other) = (roc.auroc_between(*pair) for pair in _pairs(m).values())
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
