"""The sections on denoising and imputation."""

import warnings
from typing import Any

import numpy as np

from quintet.errors import QuintetWarning
from quintet.report import figure_choice
from quintet.report.batch import batch_of
from quintet.report.figures import bits, denoising, imputation
from quintet.report.material import Array, ReportMaterial
from quintet.report.page import Answer, Panel, Section, TextTable

NEAREST = "10 nearest rows (KNNImputer)"
SHARES = (0.05, 0.10, 0.25, 0.50)


def cleaning(m: ReportMaterial) -> tuple[Section, Answer]:
    """Denoising: rows at four noise rates, with kind and rate of the noise unknown."""
    count = min(len(m.test), 40 if m.quick else 100)
    index = m.examples(count)
    clean = m.test[index]
    shown: dict[float, tuple[Array, Array]] = {}
    methods = [bits.OURS, *(["median 3×3"] if m.pictures else []), "left noisy"]
    scores: dict[str, list[float]] = {method: [] for method in methods}
    found = []
    for share in SHARES:
        noisy = (
            denoising.replace_uniformly(clean, share, m.limits, m.seed)
            if m.pictures
            else denoising.replace_within_features(clean, share, m.seed)
        )
        with warnings.catch_warnings():  # on the kind of noise, which the table states
            warnings.simplefilter("ignore", QuintetWarning)
            cleaned, noise = m.vae.denoise(noisy, return_report=True, batch_rows=batch_of(count), random_state=m.seed)
        cleaned = np.asarray(cleaned)
        found.append((f"{100 * share:.0f} %", f"{noise.kind.replace('_', ' ')}, {float(noise.rates.mean()):.3f}"))
        shown[share] = (noisy[:10] if m.pictures else noisy[:30], cleaned[:10] if m.pictures else cleaned[:30])
        scores[bits.OURS].append(quality(m, clean, cleaned))
        scores["left noisy"].append(quality(m, clean, noisy))
        if m.pictures:
            scores["median 3×3"].append(quality(m, clean, denoising.median_of_pictures(noisy)))
    unit = "PSNR, dB (higher is better)" if m.pictures else "RMSE, standard deviations (lower is better)"
    pictured = figure_choice.cleaned(m, clean[: 10 if m.pictures else 30], shown)
    listed = "; ".join(
        f"{100 * share:.0f} % replaced: {scores[bits.OURS][i]:.2f}, left noisy {scores['left noisy'][i]:.2f}"
        for i, share in enumerate(SHARES)
    )
    section = Section(
        "denoise",
        "Denoise",
        "A share of the cells was replaced by uniform values. The model estimates the kind and the rate of the noise, "
        "and leaves cells that it considers clean unchanged.",
        [
            Panel(
                "denoised",
                pictured,
                "Noisy and denoised",
                "Denoised rows should equal the clean ones. Noise that stays, or detail that goes with it, is bad.",
                wide=True,
                alt=f"Clean, noisy and denoised rows. {unit}: {listed}.",
            ),
            Panel(
                "denoising-quality",
                denoising.denoising_quality(SHARES, scores, unit, m.palette),
                "Error relative to the clean rows",
                f"Mean over {count} {m.which} rows. This model should stay on the better side of “left noisy” at every "
                "rate; otherwise denoising does harm.",
                alt=f"Lines over the share of replaced cells. {unit}: {listed}.",
            ),
            TextTable(
                "In figures",
                ("cells replaced", *methods, "estimated noise, share of cells"),
                [(f[0], *(f"{scores[w][i]:.2f}" for w in methods), *f[1:]) for i, f in enumerate(found)],
                f"{unit}, mean over {count} {m.which} rows.",
            ),
        ],
    )
    suffix = "dB" if m.pictures else "sd RMSE"
    other = methods[1]
    return section, Answer(
        "Denoise",
        "10 % of cells replaced, kind and rate of the noise unknown",
        f"{scores[bits.OURS][1]:.2f} {suffix}",
        f"{other} {scores[other][1]:.2f}",
    )


def quality(m: ReportMaterial, truth: Array, answer: Array) -> float:
    """PSNR in dB for pictures, root mean squared error in standard deviations for tables."""
    if m.pictures:
        return denoising.mean_psnr(truth, answer, m.limits)
    return float(np.sqrt(m.squared_error(truth, answer).mean()))


def filling(m: ReportMaterial) -> tuple[Section, Answer]:
    """Imputation: masked cells, imputed means and draws."""
    patterns = ["half at random", "bottom half", "centre"] if m.pictures else ["half at random"]
    patterns += ["middle third"] if m.series else []
    count = min(len(m.test), 24 if m.quick else 60)
    index = m.examples(count)
    rows = m.test[index]
    lines: list[tuple[str, float, float]] = []
    shown = []
    each = min(4, count) if m.pictures or m.series else count
    for pattern in patterns:
        mask = imputation.hidden_masks(rows.shape[1:], pattern, count, m.seed)
        mean, draws = _imputed(m, rows, mask, each)
        base = imputation.neighbour_fill(rows, mask, m.known if m.train is not None else _others(m, index))
        lines.append((pattern, _masked(m, rows, mean, mask), _masked(m, rows, base, mask)))
        shown.append((rows[:each], mask[:each], mean[:each], draws))
    x, mask, mean = (np.concatenate([s[i] for s in shown]) for i in range(3))
    draws = np.concatenate([s[3] for s in shown], axis=1)
    groups = [(len(s[0]), name) for s, name in zip(shown, patterns, strict=True)]
    figure = figure_choice.imputed(m, x, mask, mean, draws, groups)
    unit = "PSNR on the missing cells, dB (higher is better)" if m.pictures else "RMSE, sd (lower is better)"
    section = Section(
        "impute",
        "Impute",
        "Cells were masked. The mean minimises the squared error; the draws are samples of p(missing | observed). "
        "Observed cells are unchanged.",
        [
            Panel(
                "imputed",
                figure,
                "Masked and imputed",
                "Imputed cells should continue the observed ones, and draws should differ where several values are "
                "possible. Equal draws that miss the truth are too certain.",
                wide=m.pictures or m.series,
                alt=f"Rows, masked rows, imputed means and draws. {unit}: "
                + "; ".join(f"{p}: {a:.2f}, nearest rows {b:.2f}" for p, a, b in lines)
                + ".",
            ),
            TextTable(
                "In figures",
                ("cells masked", bits.OURS, NEAREST),
                [(p, f"{a:.2f}", f"{b:.2f}") for p, a, b in lines],
                f"{unit}, mean over {count} {m.which} rows.",
            ),
        ],
    )
    return section, Answer(
        "Impute",
        "half of the cells masked at random",
        f"{lines[0][1]:.2f} {'dB' if m.pictures else 'sd RMSE'}",
        f"{NEAREST} {lines[0][2]:.2f}",
    )


def _imputed(m: ReportMaterial, rows: Array, mask: Array, each: int) -> tuple[Array, Array]:
    """Imputed means of the rows, and three draws of the first ``each``: those of other rows are not shown."""
    about: dict[str, Any] = {"mask": mask, "batch_rows": batch_of(len(rows)), "random_state": m.seed}
    if each == len(rows):
        mean, draws = m.vae.impute(rows, draws=3, return_mean=True, **about)
        return np.asarray(mean), np.asarray(draws)
    mean, few = m.vae.impute(rows, **about), {"mask": mask[:each], "batch_rows": batch_of(each)}
    return np.asarray(mean), np.asarray(m.vae.impute(rows[:each], draws=3, **about | few))


def _others(m: ReportMaterial, index: Array) -> Array:
    """Held-out rows other than those to impute, for the baseline without training rows."""
    rest = np.delete(m.test, index, axis=0)
    return rest if len(rest) else m.test


def _masked(m: ReportMaterial, rows: Array, answer: Array, mask: Array) -> float:
    """PSNR (pictures) or RMSE in standard deviations (tables) on the missing cells."""
    gap = (np.asarray(answer, dtype=float) - np.asarray(rows, dtype=float)).reshape(len(rows), -1) / m.unit
    hidden = mask.reshape(len(rows), -1) & np.isfinite(gap)
    error = np.array([np.mean(g[h] ** 2) if h.any() else 0.0 for g, h in zip(gap, hidden, strict=True)])
    return float((-10 * np.log10(np.maximum(error, 1e-6))).mean()) if m.pictures else float(np.sqrt(error.mean()))
