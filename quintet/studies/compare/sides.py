"""Tables that compare two families: AE against VAE, and VAE against GAN."""

from __future__ import annotations

import numpy as np

from quintet.report.page import TextTable
from quintet.studies.compare.results import Results


def sides(r: Results) -> TextTable | None:
    """The table of the pair in the study; None if there is no pair."""
    names = set(r.study.variants)
    if {"vae", "gan"} <= names:
        return _vae_against_gan(r)
    return _ae_against_vae(r) if {"ae", "vae"} <= names else None


def _ae_against_vae(r: Results) -> TextTable:
    pair = ("ae", "vae")
    lines = [
        (
            "latent space",
            *(f"distance from N(0, I) {r.mean('gap', v):.3f}, holes {r.mean('holes', v):.0%}" for v in pair),
        ),
        ("objective", "squared error", "squared error + KL(q ‖ p)"),
        ("reconstruction, squared error per cell", *(f"{r.mean('mse', v):.4f}" for v in pair)),
        ("samples from N(0, I), Fréchet", *(_number(r.mean("frechet", v)) for v in pair)),
        ("active latents", *(f"{r.mean('active_units', v):.0f} of {r.study.middle}" for v in pair)),
        ("training, seconds", *(f"{r.mean('seconds', v):.0f}" for v in pair)),
        ("use", *(_use(r, v) for v in pair)),
    ]
    return TextTable("AE against VAE", ("", "AE", "VAE"), lines, f"At {r.study.middle} latents.", wide=True)


def _use(r: Results, variant: str) -> str:
    best = {
        "reconstruction": min(("ae", "vae"), key=lambda v: r.mean("mse", v)),
        "sampling": min(
            ("ae", "vae"), key=lambda v: r.mean("frechet", v) if np.isfinite(r.mean("frechet", v)) else 0.0
        ),
        "a normal latent space": min(("ae", "vae"), key=lambda v: r.mean("gap", v)),
    }
    won = [name for name, winner in best.items() if winner == variant]
    return "better at " + ", ".join(won) if won else "–"


def _vae_against_gan(r: Results) -> TextTable:
    pair = ("vae", "gan")

    def spread(name: str, variant: str, form: str) -> str:
        values = r.values(name, variant)
        if len(values) < 2:
            return _number(r.mean(name, variant), form)
        return f"{values.mean():{form}} ± {values.std():{form}}"

    lines = [
        ("sample quality, Fréchet", *(spread("frechet", v, ".1f") for v in pair)),
        ("training, seconds, mean ± sd over seeds", *(spread("seconds", v, ".1f") for v in pair)),
        ("stability: coefficient of variation of sample quality", *(_variation(r, v) for v in pair)),
        ("reconstruction, squared error per cell", *(_number(r.mean("mse", v), ".4f") for v in pair)),
        ("latent structure, distance from N(0, I)", *(_number(r.mean("gap", v), ".3f") for v in pair)),
        ("inference: a code for a given row", *("yes" if len(r.values("gap", v)) else "no" for v in pair)),
    ]
    note = f"{r.study.seeds} seeds." if r.study.seeds > 1 else "One seed, so no standard deviation."
    return TextTable("VAE against GAN", ("", "VAE", "GAN"), lines, note, wide=True)


def _variation(r: Results, variant: str) -> str:
    values = r.values("frechet", variant)
    return f"{values.std() / values.mean():.0%}" if len(values) > 1 else "–"


def _number(value: float, form: str = ".1f") -> str:
    return format(value, form) if np.isfinite(value) else "–"
