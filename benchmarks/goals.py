"""Goals of the figures: for the record files, in an hour on two cores, and for the fast preset, in ten minutes."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import NamedTuple

Span = tuple[float, float]


class Goal(NamedTuple):
    """A figure, its goal span, its stretch span, and the figures to report beside it."""

    name: str
    what: str
    target: Span | None = None
    stretch: Span | None = None
    beside: Mapping[str, str] = {}  # a baseline in the same run -> the name of its figure
    known: str = ""  # figures from elsewhere
    form: str = ".2f"


def least(value: float) -> Span:
    """At least this."""
    return value, inf


def most(value: float) -> Span:
    """At most this."""
    return -inf, value


DENOISE = {
    name: {"median 3×3": f"denoise.median_{name}", "Gaussian given the rate": f"denoise.gaussian_{name}"}
    for name in ("p05", "p10", "p25", "p50")
}
IMPUTE = {
    name: {"Gaussian": f"impute.gaussian_{name}", "10 nearest rows": f"impute.nearest_{name}"}
    for name in ("random50", "random80", "bottom", "centre")
}
XZ = {"xz": "compress.xz_bpd", "xz primed with the training images": "compress.xz_primed_bpd"}
LETTERS = {
    "ours by plain reconstruction": "detect.letters_reconstruction",
    "ours by the ELBO": "detect.letters_elbo",
    "local outlier factor": "detect.letters_lof",
    "5 nearest rows": "detect.letters_5nn",
}
MISSING = {
    "random50": "half at random",
    "random80": "80 % at random",
    "bottom": "bottom half",
    "centre": "centre 14×14",
}
COMPRESS = "compress the 10,000 raw test images into one file, bits per dimension"
GENERATE = "generate, Fréchet distance on a classifier's features over that of pythae's VAE"
FRECHET = {
    "pythae's VAE after 20 epochs": "generate.pythae_frechet",
    "ours": "generate.frechet",
    "train rows": "generate.floor",
}


def _denoise(goals: Mapping[str, float], stretch: Mapping[str, float] | None) -> tuple[Goal, ...]:
    words = {"p05": 5, "p10": 10, "p25": 25, "p50": 50}
    return tuple(
        Goal(
            f"denoise.{name}",
            f"denoise, blind, {words[name]} % of the pixels replaced, dB",
            least(value),
            least(stretch[name]) if stretch else None,
            DENOISE[name],
            form=".1f",
        )
        for name, value in goals.items()
    )


SPEEDS = (
    Goal("compress.images_per_s", "compress, images/s", least(100), form=".0f"),
    Goal("decompress.images_per_s", "decompress, images/s", form=".0f"),
    Goal("detect.rows_per_s", "detect, rows/s", least(1000), form=".0f"),
    Goal("denoise.rows_per_s", "denoise, rows/s", least(50), form=".0f"),
    Goal("impute.rows_per_s", "impute, rows/s", least(50), form=".0f"),
)
COVERAGE = tuple(
    Goal(f"impute.coverage90_{name}", f"  90 % intervals cover, {words} missing", (0.88, 0.92), form=".3f")
    for name, words in MISSING.items()
)
EQUAL = Goal("compress.equal", "  equal after decoding on other settings", least(1), form="yes")
OTHER = Goal("compress.equal_other_torch", "  equal after decoding by another PyTorch", least(1), form="yes")
MEMORY = Goal("memory.gib", "peak memory, GiB", most(4))

DENSITY = (
    Goal(
        "density.neg_log_p",
        "density of binarised MNIST, −log p by 1,000 samples, nats",
        most(82.0),
        most(79.5),
        known="VAE 86.8, Ladder 81.8, NVAE 78.0 (as published)",
    ),
    Goal("density.neg_elbo", "  its −ELBO, nats"),
    Goal(
        "compress.binary_bpd",
        "compress the 10,000 test images binarised, with the density's weights file, bits per dimension",
        most(0.155),
        most(0.148),
        {"bz2": "compress.binary_bz2_bpd", "xz": "compress.binary_xz_bpd"},
        known="BB-ANS about .19",
        form=".4f",
    ),
    Goal("compress.binary_equal", EQUAL.what, EQUAL.target, form="yes"),
    Goal("compress.binary_equal_other_torch", OTHER.what, OTHER.target, form="yes"),
    Goal("compress.binary_images_per_s", "  images/s", least(100), form=".0f"),
    Goal("fit.minutes", "fit, minutes", most(60), most(30), form=".1f"),
    MEMORY,
)

FIVE = (
    Goal(
        "compress.bpd",
        COMPRESS,
        most(1.25),
        most(1.14),
        XZ,
        known="Bit-Swap 1.27",
        form=".3f",
    ),
    EQUAL,
    OTHER,
    Goal(
        "generate.vs_pythae",
        GENERATE,
        most(1 / 3),
        most(1 / 10),
        FRECHET,
    ),
    *_denoise({"p05": 29, "p10": 26.5, "p25": 23.5, "p50": 20.5}, {"p05": 31, "p10": 28.5, "p25": 24.8, "p50": 21.0}),
    *(
        Goal(f"impute.{name}", f"impute, {MISSING[name]} missing, dB", least(a), least(s), IMPUTE[name], form=".1f")
        for name, a, s in (("random50", 22, 24), ("random80", 19.5, 21), ("bottom", 15.5, 16.5), ("centre", 12, 13))
    ),
    *COVERAGE,
    Goal("detect.letters", "detect letters among digits, AUROC", least(0.98), least(0.99), LETTERS, form=".3f"),
    Goal("detect.fdr", "detect with fdr=0.1 among 5 % letters: share of false alarms", most(0.10), form=".3f"),
    Goal("detect.power", "  share of the letters found", least(0.8), form=".3f"),
    *SPEEDS,
    Goal("fit.minutes", "fit, minutes", most(60), most(30), form=".1f"),
    MEMORY,
)

DIGITS = (
    Goal(
        "detect.mean",
        "detect, a digit held out, AUROC, mean of ten fits",
        least(0.95),
        least(0.97),
        {"local outlier factor on pixels": "detect.mean.lof_pixels", "5 nearest rows": "detect.mean.5nn_pixels"},
        known="VAE .855",
        form=".3f",
    ),
    Goal("detect.min", "  the least of the ten", least(0.90), form=".3f"),
)

FAST = (
    Goal("compress.bpd", COMPRESS, most(1.37), None, XZ, form=".3f"),
    EQUAL,
    OTHER,
    Goal("compress.images_per_s", "compress, images/s", least(300), form=".0f"),
    *_denoise({"p05": 27, "p10": 25, "p25": 22, "p50": 19}, None),
    *(
        Goal(f"impute.{name}", f"impute, {MISSING[name]} missing, dB", None, None, IMPUTE[name], form=".1f")
        for name in IMPUTE
    ),
    Goal("impute.least_above", "  least distance above the better of both, dB", least(0)),
    *COVERAGE,
    Goal("generate.vs_pythae", GENERATE, most(0.8), None, FRECHET),
    Goal("detect.letters", "detect letters among digits, AUROC", least(0.96), None, LETTERS, form=".3f"),
    Goal("fit.minutes", "fit, minutes", most(10), form=".1f"),
    Goal(MEMORY.name, MEMORY.what, most(1.5)),
)

RECORDS: Mapping[str, tuple[Goal, ...]] = {"records_density": DENSITY, "records_five": FIVE, "records_digits": DIGITS}
"""By the name of the script and of its file in docs/results."""


def verdict(value: float, span: Span | None) -> str:
    """ "yes", "no", or nothing without a goal."""
    return "" if span is None else "yes" if span[0] <= value <= span[1] else "no"


def span_words(span: Span | None, form: str) -> str:
    """ "≥ 29", "≤ 1.25", ".88 to .92"."""
    if span is None:
        return ""
    low, high = (f"{end:.4g}" for end in span)
    return f"≤ {high}" if span[0] == -inf else f"≥ {low}" if span[1] == inf else f"{low} to {high}"


def said(value: float, form: str) -> str:
    """A figure by its format; of the format "yes" a word."""
    return ("yes" if value >= 1 else "no") if form == "yes" else f"{value:{form}}"


def rows(goals: tuple[Goal, ...], figures: Mapping[str, float]) -> list[tuple[str, ...]]:
    """For each present figure: question, ours, goal, met, stretch, met, and figures beside it."""
    lines = []
    for goal in goals:
        if goal.name not in figures:
            continue
        value = figures[goal.name]
        there = {who: name for who, name in goal.beside.items() if name in figures}
        beside = [f"{who} {figures[name]:{goal.form}}" for who, name in there.items()]
        met = (
            span_words(goal.target, goal.form),
            verdict(value, goal.target),
            span_words(goal.stretch, goal.form),
            verdict(value, goal.stretch),
        )
        lines.append(
            (goal.what, said(value, goal.form), *met, "; ".join(filter(None, [", ".join(beside), goal.known])))
        )
    return lines


HEAD = ("on MNIST", "quintet", "goal", "met", "stretch", "met", "beside it")
