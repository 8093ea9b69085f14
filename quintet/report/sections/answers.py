"""The sections on compression, denoising and imputation."""

import numpy as np

from quintet.report.figures import bits, denoising, imputation
from quintet.report.material import Array, ReportMaterial
from quintet.report.page import Answer, Panel, Section, TextTable

NEAREST = "10 nearest rows (KNNImputer)"
SHARES = (0.05, 0.10, 0.25, 0.50)


def compressing(m: ReportMaterial) -> tuple[Section, Answer]:
    """Compression: size of the held-out rows as one file, compared with standard compressors."""
    most = 200_000 if m.quick else 1_000_000  # cells, for some seconds of coding
    rows = np.ascontiguousarray(m.test[: max(50, most // m.vae.schema_.size)])
    blob = m.vae.compress(rows)
    same = np.array_equal(np.asarray(m.vae.decompress(blob)), rows, equal_nan=rows.dtype.kind == "f")
    sizes = {f"{bits.OURS}, this model": len(blob)} | bits.packed_sizes(rows)
    per_cell = {name: 8 * size / rows.size for name, size in sizes.items()}
    ordered = sorted(sizes, key=lambda name: sizes[name])
    ours = ordered.index(f"{bits.OURS}, this model")
    files = TextTable(
        "Sizes as real files",
        ("compressor", "bytes", "bits per cell"),
        [(name, f"{sizes[name]:,}", f"{per_cell[name]:.3f}") for name in ordered],
        f"{len(rows):,} rows as one file; “each” is one file per row. The size of the model’s file is not included.",
        bold=ours,
    )
    back = "The decoded rows are identical." if same else "The decoded rows DIFFER: please report this bug."
    chart = bits.bits_chart({n: b for n, b in per_cell.items() if n != "raw"}, m.palette)
    section = Section(
        "compress",
        "Compress",
        f"The {len(rows):,} {m.which} rows were compressed into one file by bits-back coding, and decoded. {back}",
        [Panel("bits", chart, "Bits per cell"), files],
    )
    best = min((n for n in sizes if n in ("zip", "bz2", "xz")), key=lambda n: sizes[n])
    answer = Answer(
        "Compress",
        f"{len(rows):,} rows compressed losslessly into one file" if same else "rows compressed into one file",
        f"{per_cell[ordered[ours]]:.3f} bits per cell",
        f"{best} {per_cell[best]:.3f}",
    )
    return section, answer


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
        cleaned, noise = m.vae.denoise(noisy, return_report=True, random_state=m.seed)
        cleaned = np.asarray(cleaned)
        found.append((f"{100 * share:.0f} %", f"{noise.kind.replace('_', ' ')}, {float(noise.rates.mean()):.3f}"))
        shown[share] = (noisy[:10] if m.pictures else noisy[:30], cleaned[:10] if m.pictures else cleaned[:30])
        scores[bits.OURS].append(quality(m, clean, cleaned))
        scores["left noisy"].append(quality(m, clean, noisy))
        if m.pictures:
            scores["median 3×3"].append(quality(m, clean, denoising.median_of_pictures(noisy)))
    unit = "PSNR, dB (higher is better)" if m.pictures else "RMSE, standard deviations (lower is better)"
    pictured = denoising.noisy_against_denoised(
        clean[: 10 if m.pictures else 30], shown, m.limits, m.features, m.palette
    )
    section = Section(
        "denoise",
        "Denoise",
        "A share of the cells was replaced by uniform values. The model estimates the kind and the rate of the noise, "
        "and leaves cells that it considers clean unchanged.",
        [
            Panel("denoised", pictured, "Noisy and denoised", wide=True),
            Panel(
                "denoising-quality",
                denoising.denoising_quality(SHARES, scores, unit, m.palette),
                "Error relative to the clean rows",
                f"Mean over {count} {m.which} rows.",
            ),
            TextTable(
                "In figures",
                ("replaced", *methods, "estimated noise and rate"),
                [(f[0], *(f"{scores[w][i]:.2f}" for w in methods), *f[1:]) for i, f in enumerate(found)],
                unit + ".",
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
    count = min(len(m.test), 24 if m.quick else 60)
    index = m.examples(count)
    rows = m.test[index]
    lines: list[tuple[str, float, float]] = []
    shown = []
    each = 4 if m.pictures else count
    for pattern in patterns:
        mask = imputation.hidden_masks(rows.shape[1:], pattern, count, m.seed)
        mean, draws = m.vae.impute(rows, mask=mask, draws=3, return_mean=True, random_state=m.seed)
        mean, draws = np.asarray(mean), np.asarray(draws)
        base = imputation.neighbour_fill(rows, mask, m.known if m.train is not None else _others(m, index))
        lines.append((pattern, _masked(m, rows, mean, mask), _masked(m, rows, base, mask)))
        shown.append((rows[:each], mask[:each], mean[:each], draws[:, :each]))
    x, mask, mean = (np.concatenate([s[i] for s in shown]) for i in range(3))
    draws = np.concatenate([s[3] for s in shown], axis=1)
    groups = [(len(s[0]), name) for s, name in zip(shown, patterns, strict=True)]
    figure = imputation.masked_against_imputed(x, mask, mean, draws, groups, m.limits, m.palette)
    unit = "PSNR on the missing cells, dB (higher is better)" if m.pictures else "RMSE, sd (lower is better)"
    section = Section(
        "impute",
        "Impute",
        "Cells were masked. The mean minimises the squared error; the draws are samples of p(missing | observed). "
        "Observed cells are unchanged.",
        [
            Panel("imputed", figure, "Masked and imputed", wide=m.pictures),
            TextTable(
                "In figures",
                ("masked", bits.OURS, NEAREST),
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
