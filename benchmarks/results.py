"""Tables of README.md and docs/from_pythae.md, and the page docs/results.md, from the benchmarks' JSON files.

Each table stands between two marks: ``<!-- records -->`` and ``<!-- end of records -->`` for the record files, and
likewise ``figures`` and ``one for all`` in README.md, ``pairs`` and ``alone`` in docs/from_pythae.md, ``photographs``
in docs/photographs.md, ``speed`` in docs/tables.md.

    make results
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import goals
from family import PAIRS

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results"
Figures = dict[str, float]
COMMANDS = {"mnist_five": "records_five.py --preset fast --minutes 9"}
"""Of files in docs/results that are not named after a script."""
WHERE = ("date", "machine", "threads", "python", "torch", "quintet", "seed")
ONE_FOR_ALL = {
    "file_bits": "file, bits a row",
    "c2st": "generated rows, C2ST",
    "tstr_gap": "trained on them, loss of AUC",
    "r2": "missing numbers, R²",
    "accuracy": "missing levels right",
    "auroc": "strange rows, AUROC",
    "precision": "swapped cells, precision",
    "right": "repaired right",
    "auc": "income, AUC",
}
"""The figures of the table of ``one_for_all.py``, and their headings; ``bits`` are of each system's own bins."""
SYSTEMS = {"mostlyai": "TabularARGN (mostlyai-engine)", "tvae": "TVAE (ctgan)", "pythae_miwae": "MIWAE (pythae)"}
"""Names of systems on the page."""
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
    "heat": "`heat`",
    "heat_density": '`heat` of `score="row_density"`',
}
"""Baselines of ``photographs.py``."""


def read(name: str, folder: Path = RESULTS) -> Figures:
    """The figures of a script; none where it has not written any."""
    path = folder / f"{name}.json"
    found: Figures = json.loads(path.read_text()) if path.exists() else {}
    return found


def five(f: Figures) -> list[tuple[str, str, str]]:
    """The questions of the file that the fast preset trains in ten minutes."""
    apart = {goal.what for goal in (*goals.SPEEDS, goals.MEMORY)}
    return [(what, ours, beside) for what, ours, *_, beside in goals.rows(goals.FAST, f) if what not in apart]


def held_out(f: Figures) -> list[tuple[str, str, str]]:
    """The line of ``records_digits.py``."""
    names = [f"detect.d{digit}" for digit in range(10)]
    beside = ""
    if all(f"{name}.lof_pixels" in f for name in names):
        each = [sum(f[f"{name}.{plain}"] for name in names) / 10 for plain in ("lof_pixels", "5nn_pixels")]
        beside = f"local outlier factor on pixels {each[0]:.3f}, 5 nearest {each[1]:.3f}"
    what = "detect a digit held out, AUROC, mean (least) of ten fits"
    return [(what, f"{f['detect.mean']:.3f} ({f['detect.min']:.3f})", beside)]


def speed(f: Figures) -> list[tuple[str, str, str]]:
    """The line of ``training_speed.py``."""
    what = "training speed over pythae 0.1.2, 784-400-20-400-784, batch 128 (1024)"
    bare = f"a bare bf16 loop: ours has {f['b128.vs_bare']:.2f} ({f['b1024.vs_bare']:.2f}) of its speed"
    return [(what, f"{f['b128.vs_pythae']:.2f} ({f['b1024.vs_pythae']:.2f}) times", bare)]


def family(f: Figures) -> list[tuple[str, str, str]]:
    """The line of ``family.py``."""
    count = len([name for name in f if name.endswith(".quality_ratio")])
    what = f"{count} variants beside pythae's: equal or better in quality, faster"
    return [(what, f"{f['better_or_equal']:.0f}, {f['faster']:.0f} of {count}", "one metric for each pair")]


def few_labels(f: Figures) -> list[tuple[str, str, str]]:
    """The line of ``semi.py``."""
    plain = ", ".join(
        f"{n.removesuffix('.error').replace('_', ' ')} {v:.3f}" for n, v in f.items() if n.endswith(".error")
    )
    return [("classify with 100 labels, error on the test set", f"{f['error']:.3f}", plain)]


SCRIPTS: dict[str, Callable[[Figures], list[tuple[str, str, str]]]] = {
    "mnist_five": five,
    "records_digits": held_out,
    "training_speed": speed,
    "family": family,
    "semi": few_labels,
}


def command(name: str) -> str:
    """The command that writes a file of docs/results."""
    return COMMANDS.get(name, f"{name}.py")


def readme() -> str:
    """The table of the README."""
    lines = [
        "| on MNIST | quintet | beside it, in the same run | script in `benchmarks/` |",
        "| --- | --- | --- | --- |",
    ]
    for name, say in SCRIPTS.items():
        if figures := read(name):
            lines += [f"| {what} | {ours} | {beside} | `{command(name)}` |" for what, ours, beside in say(figures)]
    return "\n".join(lines)


def records(folder: Path = RESULTS) -> str:
    """The table of the record files: figures, goals and baselines."""
    texts = []
    for name, chosen in goals.RECORDS.items():
        lines = [f"| {' | '.join(cells)} |" for cells in goals.rows(chosen, read(name, folder))]
        head = [
            f"| {' | '.join((*goals.HEAD[:-1], f'beside it (`{command(name)}`)'))} |",
            "|" + " --- |" * len(goals.HEAD),
        ]
        texts += ["\n".join([*head, *lines])] if lines else []
    return "\n\n".join(texts)


def page(folder: Path = RESULTS) -> str:
    """Every figure of every script."""
    parts = ["# Results\n", "Written by `make results` from the JSON files of the benchmarks in `docs/results/`.\n"]
    if table := records(folder):
        parts.append(f"## The record files\n\n{table}\n")
    for path in sorted(folder.glob("*.json")):
        figures = json.loads(path.read_text())
        numbers = {n: v for n, v in figures.items() if not n.startswith("about.") and isinstance(v, int | float)}
        parts.append(f"## `benchmarks/{command(path.stem)}`\n\n{about(figures)}\n")
        if path.stem == "profile_shares":
            parts.append(shares(numbers))
        parts += [text for text in tables(numbers) if text]
    return "\n".join(parts)


def shares(f: Figures) -> str:
    """The sentence of ``profile_shares.py``."""
    parts = {"training": "a training step", "compress": "compressing", "decompress": "decompressing"}
    presets = list(dict.fromkeys(name.split(".")[0] for name in f if name.endswith(".matrix_products")))
    sentences = [
        f"{f[f'{preset}.{part}.matrix_products']:.0%} of {words} ({preset})"
        for part, words in parts.items()
        for preset in presets
    ]
    return f"Matrix products and convolutions are {', '.join(sentences)}.\n"


def about(figures: Mapping[str, float | str]) -> str:
    """Date, machine and settings of the figures; of a file written in parts, those of each part."""
    facts = {name.removeprefix("about."): value for name, value in figures.items() if name.startswith("about.")}
    first = ", ".join(f"{name} {facts[name]}" for name in WHERE if name in facts)
    how = [f"- {name}: {value}" for name, value in facts.items() if name not in WHERE]
    return "\n".join([first, "", *how]).strip()


def tables(figures: Figures) -> list[str]:
    """Names A.b, of which several A have the same b, in a table with a line for each A; the others in a list."""
    groups: dict[str, dict[str, float]] = {}
    for name, value in figures.items():
        row, _, column = name.rpartition(".")
        groups.setdefault(row, {})[column] = value
    by_columns: dict[tuple[str, ...], list[str]] = {}
    for row, found in groups.items():
        by_columns.setdefault(tuple(found), []).append(row)
    texts, alone = [], []
    for columns, rows in by_columns.items():
        if len(rows) < 2 or len(columns) < 2:
            alone += [f"{row}.{column}".lstrip(".") for row in rows for column in columns]
            continue
        lines = [f"| | {' | '.join(columns)} |", "| --- |" + " --- |" * len(columns)]
        lines += [f"| {_safe(row)} | {' | '.join(f'{groups[row][c]:.4g}' for c in columns)} |" for row in rows]
        texts.append("\n".join(lines) + "\n")
    lines = ["| figure | |", "| --- | --- |", *(f"| {_safe(name)} | {figures[name]:.4g} |" for name in alone)]
    return ["\n".join(lines) + "\n" if alone else "", *texts]


def _safe(name: str) -> str:
    return name.replace("|", "/")


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
        ("denoise, normal noise of a tenth of the range, dB", "denoise.normal10", ".1f", ("", noise)),
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


def one_for_all() -> str:
    """The systems of ``one_for_all.py``, a line for each; "—" where a system has no such answer."""
    found = read("one_for_all")
    systems = dict.fromkeys(name.split(".")[1] for name in found if name.startswith("adult."))
    if not systems:
        return ""
    titles = (*ONE_FOR_ALL.values(), "fit, seconds")
    lines = [f"| Adult, one fit | {' | '.join(titles)} |", "| --- |" + " --- |" * len(titles)]
    for system in systems:
        keys = (f"adult.{system}.{column}" for column in (*ONE_FOR_ALL, "fit_seconds"))
        cells = (f"{found[key]:.3g}" if key in found else "—" for key in keys)
        lines.append(f"| {SYSTEMS.get(system, system)} | {' | '.join(cells)} |")
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


def between(path: Path, mark: str, text: str) -> None:
    """Put ``text`` between a page's marks."""
    page = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    if begin not in page or end not in page:
        print(f"{path.name} has no place for the table of {mark}: put the lines {begin} and {end} where it belongs.")
        return
    before, after = page.split(begin)[0], page.split(end)[1]
    path.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")


def main() -> None:
    """Write all of them."""
    between(ROOT / "README.md", "records", records())
    between(ROOT / "README.md", "figures", readme())
    if table := one_for_all():
        between(ROOT / "README.md", "one for all", table)
    between(ROOT / "docs" / "from_pythae.md", "pairs", pairs())
    between(ROOT / "docs" / "from_pythae.md", "alone", alone())
    between(ROOT / "docs" / "photographs.md", "photographs", photographs())
    between(ROOT / "docs" / "tables.md", "speed", speeds())
    (ROOT / "docs" / "results.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
