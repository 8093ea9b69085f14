"""Findings of a study as sentences with their figures, including common claims and whether they hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quintet.studies.compare.results import Results

CLASSICS = ("1 and 7 are easiest", "2 and 8 are hardest")


def findings(r: Results) -> list[str]:
    """Sentences on classes, latent dimensions, latent spaces, samples and reconstruction terms."""
    idle = collapsed_variants(r)
    sentences = [
        f"{variant} is left out of the findings, because none of its {r.study.middle} latents is active: "
        "train with more --epochs."
        for variant in idle
    ]
    active = tuple(variant for variant in r.study.variants if variant not in idle)
    if not active:
        return sentences
    r = replace(r, study=replace(r.study, variants=active))
    return [*sentences, *_classes(r), *_sizes(r), *_normality(r), *_regions(r), *_samples(r), *_term(r)]


def collapsed_variants(r: Results) -> list[str]:
    """Variants without active latents at the middle latent dimension, which have no meaningful findings."""
    return [variant for variant in r.study.variants if r.mean("active_units", variant) < 0.5]


def _classes(r: Results) -> list[str]:
    sentences, pooled = [], dict[str, list[float]]()
    for variant in r.study.variants:
        for name, value in r.by_class(variant).items():
            pooled.setdefault(name, []).append(value)
    if len(pooled) < 2:
        return []
    ranked = sorted(pooled, key=lambda name: float(np.mean(pooled[name])))
    pairs = ", ".join(f"{name} {np.mean(pooled[name]):.4f}" for name in ranked)
    few = 2 if len(ranked) > 3 else 1
    easy, hard = ranked[:few], ranked[-few:]
    sentences.append(
        f"Easiest to reconstruct: {' and '.join(sorted(easy))}; hardest: {' and '.join(sorted(hard))} "
        f"(squared error per cell at {r.study.middle} latents, mean over the variants: {pairs})."
    )
    if set(pooled) == {str(d) for d in range(10)}:
        for claim, found, wanted in ((CLASSICS[0], easy, {"1", "7"}), (CLASSICS[1], hard, {"2", "8"})):
            sentences.append(f"“{claim}”: {_held(set(found) == wanted)}.")
    return sentences


def _sizes(r: Results) -> list[str]:
    sentences, sizes = [], sorted(set(r.study.latent_dims))
    if len(sizes) < 2:
        return []
    for variant in r.study.variants:
        errors = {size: r.mean("mse", variant, size) for size in sizes}
        if not np.isfinite(list(errors.values())).all():
            continue
        first, middle, last = errors[sizes[0]], errors[r.study.middle], errors[sizes[-1]]
        text = (
            f"{variant}: from {sizes[0]} to {sizes[-1]} latents the squared error goes from {first:.4f} to {last:.4f}"
        )
        if sizes[-1] > r.study.middle:
            gain = 1 - last / middle
            text += (
                f"; beyond {r.study.middle} it falls by {gain:.0%}"
                if gain > 0
                else f"; beyond {r.study.middle} it does not fall"
            )
            if variant == "ae":
                text += f". “The AE improves with size”: {_held(gain > 0.1)}"
            if variant == "vae":
                text += f". “The VAE does not improve beyond about {r.study.middle}”: {_held(gain < 0.1)}"
        sentences.append(f"{text}.")
    return sentences


def _normality(r: Results) -> list[str]:
    gaps = {v: r.mean("gap", v) for v in r.study.variants}
    gaps = {v: gap for v, gap in gaps.items() if np.isfinite(gap)}
    if len(gaps) < 2:
        return []
    ranked = sorted(gaps, key=gaps.__getitem__)
    listed = ", ".join(f"{v} {gaps[v]:.3f}" for v in ranked)
    sentences = [f"Codes look most normal for {ranked[0]} (mean Kolmogorov–Smirnov distance from N(0, I): {listed})."]
    if "cvae" in gaps and "vae" in gaps:
        best = min(gap for v, gap in gaps.items() if v != "cvae")
        sentences.append(
            f"“The CVAE’s latents look most normal”: {_held(gaps['cvae'] < 0.95 * best)} "
            f"({gaps['cvae']:.3f} against {best:.3f} for the best of the others; a difference of at least 5 % counts)."
        )
    empty = ", ".join(f"{v} {r.mean('holes', v):.0%}" for v in gaps)
    sentences.append(f"Share of draws from N(0, I) that are far from all codes: {empty}.")
    return sentences


def _regions(r: Results) -> list[str]:
    """Ratio of the distances to the nearest row of rows decoded from sparse and from dense regions."""
    apart = {v: r.mean("sparse_apart", v) / max(r.mean("dense_apart", v), 1e-12) for v in r.study.variants}
    listed = ", ".join(f"{v} {ratio:.1f}" for v, ratio in apart.items() if np.isfinite(ratio))
    if not listed:
        return []
    return [
        "Distance to the nearest real row of rows decoded from sparse regions of the codes, relative to dense regions: "
        f"{listed}."
    ]


def _samples(r: Results) -> list[str]:
    distances = {v: r.mean("frechet", v) for v in r.study.variants}
    distances = {v: d for v, d in distances.items() if np.isfinite(d)}
    if len(distances) < 2:
        return []
    listed = ", ".join(f"{v} {d:.1f}" for v, d in sorted(distances.items(), key=lambda item: item[1]))
    sentences = [f"Samples, Fréchet distance on a classifier’s features (lower is better): {listed}."]
    if "ae" in distances and len(distances) > 1:
        best = min(d for v, d in distances.items() if v != "ae")
        sentences.append(
            f"The plain autoencoder’s samples {'fail' if distances['ae'] > 1.5 * best else 'do not fail'}: "
            f"their Fréchet distance is {distances['ae'] / best:.1f} times the best of the others."
        )
    return sentences


def _term(r: Results) -> list[str]:
    sentences = []
    for variant in sorted({"ae", "vae"} & set(r.study.variants)):
        square, cross = r.mean("mse", variant), r.mean("mse", variant, likelihood="bernoulli")
        if np.isfinite(square) and np.isfinite(cross):
            sentences.append(
                f"{variant} trained on squared error has a squared error of {square:.4f}, trained on cross-entropy "
                f"{cross:.4f}."
            )
    return sentences


def _held(yes: bool) -> str:
    return "held" if yes else "not held"
