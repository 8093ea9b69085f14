"""Tables of the pages on pythae, photographs and tables, from the benchmarks' JSON files."""

from __future__ import annotations

from family import PAIRS
from result_files import read, rows

SPEEDS = {
    "impute": "impute, the mean",
    "generate": "generate",
    "score": "score",
    "detect": "detect, with the cells that are strange",
    "detect_scattered": "detect, 64 rows with 30 % of the cells missing, each in a pattern of its own",
    "denoise": "denoise",
    "compress": "compress, without the check by decoding",
    "decompress": "decompress",
}
"""The figures of ``tables_speed.py`` on the page of tables."""
METRICS = {"bound": "−ELBO, nats", "nll": "−log p, nats", "mse": "squared error", "frechet": "Fréchet distance"}
OTHERS = {
    "model_bpd": "every patch by the model",
    "png": "PNG",
    "webp": "lossless WebP",
    "xz": "xz",
    "noisy": "noisy",
    "median": "median 3×3",
    "gaussian": "Gaussian over the same patches",
    "bm3d": "BM3D given the noise",
    "heat": "`heat`",
    "heat_density": '`heat` of `score="row_density"`',
}
"""Baselines of ``photographs.py``."""


def pairs() -> str:
    """Every variant beside pythae's, from ``family.py`` and ``cost_of_a_variant.py``."""
    found, cost = read("family"), read("cost_of_a_variant")
    lines = [
        "| pythae | quintet | metric | ours | theirs | quality ratio | speed ratio | lines, ours and theirs |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for pair in PAIRS:
        if f"{pair.theirs}.ours" not in found:
            continue
        ours, theirs, quality, speed = (
            found[f"{pair.theirs}.{k}"] for k in ("ours", "pythae", "quality_ratio", "speed_ratio")
        )
        spread = found.get(f"{pair.theirs}.quality_spread")
        ratio = f"{quality:.3f}" + (f" ± {spread:.3f}" if spread is not None else "")
        here, there = (cost.get(f"{pair.theirs}.{side}.lines", float("nan")) for side in ("ours", "pythae"))
        name = " ".join((f"`{pair.variant}`", *(f"{k}={v}" for k, v in pair.options.items())))
        values = (f"{ours:.4g}", f"{theirs:.4g}", ratio, f"{speed:.2f}", f"{here:.0f}, {there:.0f}")
        lines.append(f"| {' | '.join((pair.theirs, name, METRICS[pair.metric], *values))} |")
    return "\n".join(lines)


def alone() -> str:
    """The variants without a counterpart in pythae, from ``family_alone.py``."""
    found = {name: value for name, value in read("family_alone").items() if not name.startswith("about.")}
    columns = {
        "neg_elbo": "−ELBO",
        "frechet": "Fréchet distance",
        "mse": "squared error",
        "seconds_an_epoch": "seconds",
    }
    columns = {key: title for key, title in columns.items() if any(name.endswith(f".{key}") for name in found)}
    lines = [f"| | {' | '.join(columns.values())} |", "| --- |" + " --- |" * len(columns)]
    for name in dict.fromkeys(key.split(".")[0] for key in found):
        cells = (f"{found[key]:.4g}" if (key := f"{name}.{column}") in found else "" for column in columns)
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def photographs() -> str:
    """The questions of ``photographs.py``."""
    f = read("photographs")
    noise = ("noisy", "median", "gaussian")
    maps = ("heat", "heat_density", "gaussian")
    questions = (
        (
            "compress the right halves, bits a cell",
            "compress.bpd",
            ".2f",
            ("compress", ("model_bpd", "png", "webp", "xz")),
        ),
        ("denoise, 10 % of the cells replaced, dB", "denoise.replacement10", ".1f", ("", noise)),
        ("denoise, normal noise of a tenth of the range, dB", "denoise.normal10", ".1f", ("", (*noise, "bm3d"))),
        ("impute half of the pixels, dB", "impute.random50", ".1f", ("", ("gaussian",))),
        ("impute holes of 6×6 pixels, dB", "impute.holes", ".1f", ("", ("gaussian",))),
        ("find pixels that were shuffled, by `where`, AUROC", "detect.shuffled", ".3f", ("", maps)),
        ("find pasted stripes, by `where`, AUROC", "detect.stripes", ".3f", ("", maps)),
    )
    lines = ["| held-out parts of the pictures | quintet | beside it |", "| --- | --- | --- |"]
    for what, name, form, (group, others) in questions:
        beside = ", ".join(f"{OTHERS[other]} {f[f'{group or name}.{other}']:{form}}" for other in others)
        lines.append(f"| {what} | {f[name]:{form}} | {beside} |")
    return "\n".join(lines)


def speeds() -> str:
    """Rows a second of each answer of ``tables_speed.py``."""
    found = read("tables_speed")
    lines = [
        f"| {title} | {found[name]:,.{0 if found[name] >= 100 else 1}f} |"
        for name, title in SPEEDS.items()
        if name in found
    ]
    return "\n".join(["| answer | rows a second |", "| --- | --- |", *lines])


def serving() -> str:
    """Load on the service, from ``serving.py``: a line for each question, and its memory."""
    found = read("serving")
    if not found:
        return "Not measured yet: `python benchmarks/serving.py --json docs/results/serving.json`."
    names = dict.fromkeys(name.rsplit(".", 2)[0] for name in found if name.endswith(".p50_ms"))
    lines = [
        (
            f"`{name}`",
            *(
                f"{found[f'{name}.{clients}.requests_per_second']:,.0f}; {found[f'{name}.{clients}.p50_ms']:,.0f}, "
                f"{found[f'{name}.{clients}.p99_ms']:,.0f}"
                for clients in (1, 8, 64)
            ),
        )
        for name in names
    ]
    head = ("requests a second; milliseconds of the middle one and of the slowest hundredth", "1 client", "8", "64")
    first, last, most = (found[f"memory.{name}_mib"] for name in ("first_tenth", "last_tenth", "most"))
    memory = (
        f"Over {found['memory.minutes']:g} minutes and {found['memory.requests']:,.0f} requests of eight clients the "
        f"process held {first:,.0f} MiB at first, {last:,.0f} MiB at last and {most:,.0f} MiB at most."
    )
    return f"{rows(head, lines)}\n\n{memory}"
