"""Tables that stand between marks of README.md and of pages, from the benchmarks' JSON files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import goals
from result_files import RESULTS, Figures, command, read, rows

ONE_FOR_ALL = {
    "file_bits": "compressed file, bits a row ↓",
    "c2st": "C2ST of generated rows, 1 where no classifier distinguishes them from real ones ↑",
    "tstr_gap": "AUC lost by training on generated rows ↓",
    "r2": "missing numbers, R² ↑",
    "accuracy": "missing levels that are right ↑",
    "auroc": "strange rows, AUROC ↑",
    "precision": "swapped cells, precision ↑",
    "right": "swapped cells put right ↑",
    "auc": "income, AUC ↑",
    "fit_seconds": "fit, seconds ↓",
}
"""The figures of the table of ``one_for_all.py``, and their names on the page."""
SHORT = ("file_bits", "c2st", "r2", "auroc", "auc", "fit_seconds")
"""Those of the README."""
SYSTEMS = {"mostlyai": "TabularARGN", "tvae": "TVAE", "pythae_miwae": "MIWAE of pythae"}
"""Names of systems on the page."""


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


def six() -> str:
    """The figures of the README: five in which quintet is ahead, and one in which a special tool is."""
    census, cells, images = read("adult_context"), read("tables_impute"), read("natural_images")
    digits, column = read("records_digits"), read("tables_predict")
    lines = [
        (
            "Adult's test rows as one file, bits a row ↓",
            f"**{census['file_bits']:.1f}**",
            f"bz2 {census['bz2.file_bits']:.1f}, xz {census['xz.file_bits']:.1f}",
            "adult_context",
        ),
        (
            "30 % missing cells of eight tables, completely at random, mean R² ↑",
            f"**{cells['mcar.ours.r2']:.3f}**",
            f"miceforest {cells['mcar.miceforest.r2']:.3f}, scikit-learn's extra trees {cells['mcar.trees.r2']:.3f}",
            "tables_impute",
        ),
        (
            "a digit left out of training is detected, AUROC ↑",
            f"**{digits['detect.mean']:.3f}**",
            f"local outlier factor {digits['detect.mean.lof_pixels']:.3f}, "
            f"5 nearest rows {digits['detect.mean.5nn_pixels']:.3f}",
            "records_digits",
        ),
        (
            "200 colour images of 32×32 as one file, bits a cell ↓",
            f"**{images['compress.ours.bits']:.2f}**",
            f"JPEG XL {images['compress.jxl.mosaic']:.2f}, WebP {images['compress.webp.mosaic']:.2f}",
            "natural_images",
        ),
        (
            "normal noise of 20 levels removed from them, dB ↑",
            f"**{images['denoise.ours.normal20']:.1f}**",
            f"BM3D, given the noise, {images['denoise.bm3d.normal20']:.1f}, "
            f"non-local means {images['denoise.nlm.normal20']:.1f}",
            "natural_images",
        ),
        (
            "Adult's income from the other columns, AUC ↑",
            f"{column['wage_class.ours.auc_full']:.3f}",
            f"**gradient boosting for that column {column['wage_class.boosting.auc_full']:.3f}**",
            "tables_predict",
        ),
    ]
    marked = [(what, ours, beside, f"`{command(name)}`") for what, ours, beside, name in lines]
    return rows(("", "quintet", "beside it, in the same run", "script in `benchmarks/`"), marked)


def one_for_all(names: Iterable[str] = ONE_FOR_ALL) -> str:
    """The figures of ``one_for_all.py``, a column for each system."""
    found = read("one_for_all")
    systems = list(dict.fromkeys(name.split(".")[1] for name in found if name.startswith("adult.")))
    if not systems:
        return ""
    lines = []
    for name in names:
        keys = [f"adult.{system}.{name}" for system in systems]
        values = [found[key] for key in keys if key in found]
        best = (max if ONE_FOR_ALL[name].endswith("↑") else min)(values) if len(values) > 1 else None
        lines.append((ONE_FOR_ALL[name], *(_shown(found.get(key), best) for key in keys)))
    return rows(("Adult, one fit", *(SYSTEMS.get(system, system) for system in systems)), lines)


def _shown(value: float | None, best: float | None) -> str:
    """A figure; the best of its line in bold, and "—" for none."""
    return "—" if value is None else f"**{value:.3g}**" if value == best else f"{value:.3g}"


def fast() -> str:
    """The figures of the fast preset on MNIST, and of scripts with models of their own."""
    lines = []
    for name, say in SCRIPTS.items():
        if figures := read(name):
            lines += [(_indented(what), ours, beside, f"`{command(name)}`") for what, ours, beside in say(figures)]
    return rows(("on MNIST", "quintet", "beside it, in the same run", "script in `benchmarks/`"), lines)


def records(folder: Path = RESULTS) -> str:
    """The tables of the longest fits: figures and those beside them."""
    texts = []
    for name, chosen in goals.RECORDS.items():
        lines = [(_indented(line[0]), line[1], line[-1]) for line in goals.rows(chosen, read(name, folder))]
        texts += [rows(("on MNIST", "quintet", f"beside it (`{command(name)}`)"), lines)] if lines else []
    return "\n\n".join(texts)


def _indented(what: str) -> str:
    """A figure that belongs to the one above it, marked: Markdown drops leading blanks."""
    return f"↳ {what.strip()}" if what.startswith("  ") else what
