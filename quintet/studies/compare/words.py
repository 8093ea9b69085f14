"""The study in words: each finding with the figure that it follows from, held or not held."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quintet.studies.compare.results import Results

CLASSICS = ("1 and 7 are easiest", "2 and 8 are hardest")


def findings(r: Results) -> list[str]:
    """Sentences: hardest classes, whether size helps, whose latents look most normal, whether samples fail."""
    idle = collapsed_variants(r)
    said = [
        f"{variant} is left out of the findings: its {r.study.middle} latents carry nothing, so it is not trained; "
        "give more --epochs."
        for variant in idle
    ]
    kept = tuple(variant for variant in r.study.variants if variant not in idle)
    if not kept:
        return said
    r = replace(r, study=replace(r.study, variants=kept))
    return [*said, *_classes(r), *_sizes(r), *_normality(r), *_regions(r), *_samples(r), *_term(r)]


def collapsed_variants(r: Results) -> list[str]:
    """Variants none of whose latents varies over the rows, at the middle size: no finding on them means anything."""
    return [variant for variant in r.study.variants if r.mean("active_units", variant) < 0.5]


def _classes(r: Results) -> list[str]:
    said, pooled = [], dict[str, list[float]]()
    for variant in r.study.variants:
        for name, value in r.by_class(variant).items():
            pooled.setdefault(name, []).append(value)
    if len(pooled) < 2:
        return []
    ranked = sorted(pooled, key=lambda name: float(np.mean(pooled[name])))
    pairs = ", ".join(f"{name} {np.mean(pooled[name]):.4f}" for name in ranked)
    few = 2 if len(ranked) > 3 else 1
    easy, hard = ranked[:few], ranked[-few:]
    said.append(
        f"Easiest to reconstruct: {' and '.join(sorted(easy))}; hardest: {' and '.join(sorted(hard))} "
        f"(squared error of a cell at {r.study.middle} latents, mean over the variants: {pairs})."
    )
    if set(pooled) == {str(d) for d in range(10)}:
        for claim, found, wanted in ((CLASSICS[0], easy, {"1", "7"}), (CLASSICS[1], hard, {"2", "8"})):
            said.append(f"“{claim}”: {_held(set(found) == wanted)}.")
    return said


def _sizes(r: Results) -> list[str]:
    said, sizes = [], sorted(set(r.study.latent_dims))
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
        said.append(f"{text}.")
    return said


def _normality(r: Results) -> list[str]:
    gaps = {v: r.mean("gap", v) for v in r.study.variants}
    gaps = {v: gap for v, gap in gaps.items() if np.isfinite(gap)}
    if len(gaps) < 2:
        return []
    ranked = sorted(gaps, key=gaps.__getitem__)
    listed = ", ".join(f"{v} {gaps[v]:.3f}" for v in ranked)
    said = [f"Codes look most normal for {ranked[0]} (mean Kolmogorov–Smirnov distance from N(0, I): {listed})."]
    if "cvae" in gaps and "vae" in gaps:
        best = min(gap for v, gap in gaps.items() if v != "cvae")
        said.append(
            f"“The CVAE’s latents look most normal”: {_held(gaps['cvae'] < 0.95 * best)} "
            f"({gaps['cvae']:.3f} against {best:.3f} for the best of the others; held by 5 % or more)."
        )
    empty = ", ".join(f"{v} {r.mean('holes', v):.0%}" for v in gaps)
    said.append(f"Share of draws from N(0, I) that fall where no row has its code: {empty}.")
    return said


def _regions(r: Results) -> list[str]:
    """How much farther from any row the decoder's pictures are where codes lie thin than where they lie thick."""
    apart = {v: r.mean("sparse_apart", v) / max(r.mean("dense_apart", v), 1e-12) for v in r.study.variants}
    listed = ", ".join(f"{v} {ratio:.1f}" for v, ratio in apart.items() if np.isfinite(ratio))
    if not listed:
        return []
    return [
        "Rows decoded from between codes, where they lie thinnest, are farther from any real row than rows decoded "
        f"where codes lie thickest, by a factor of: {listed}."
    ]


def _samples(r: Results) -> list[str]:
    distances = {v: r.mean("frechet", v) for v in r.study.variants}
    distances = {v: d for v, d in distances.items() if np.isfinite(d)}
    if len(distances) < 2:
        return []
    listed = ", ".join(f"{v} {d:.1f}" for v, d in sorted(distances.items(), key=lambda item: item[1]))
    said = [f"Samples, Fréchet distance on a classifier’s features (lower is better): {listed}."]
    if "ae" in distances and len(distances) > 1:
        best = min(d for v, d in distances.items() if v != "ae")
        said.append(
            f"The plain autoencoder’s samples {'fail' if distances['ae'] > 1.5 * best else 'do not fail'}: "
            f"{distances['ae'] / best:.1f} times the best of the others."
        )
    return said


def _term(r: Results) -> list[str]:
    said = []
    for variant in sorted({"ae", "vae"} & set(r.study.variants)):
        square, cross = r.mean("mse", variant), r.mean("mse", variant, likelihood="bernoulli")
        if np.isfinite(square) and np.isfinite(cross):
            said.append(
                f"{variant} trained on squared error has a squared error of {square:.4f}, trained on cross-entropy "
                f"{cross:.4f}."
            )
    return said


def _held(yes: bool) -> str:
    return "held" if yes else "not held"
