"""The pages docs/figures/*.md: every figure of every script, a page for each subject."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from result_files import RESULTS, Figures, command, rows

WHERE = ("date", "machine", "threads", "python", "torch", "quintet", "seed")
WIDEST = 8
"""Columns of a table that fits a page; a wider one is turned, or else scrolls."""


class Subject(NamedTuple):
    """A page: its title, what it holds, and the scripts of its figures."""

    title: str
    about: str
    scripts: tuple[str, ...]


SUBJECTS = {
    "tables": Subject(
        "Tables",
        "All questions on tables of numbers, categories and dates, beside other systems.",
        (
            *("one_for_all", "adult_context", "ten_tables", "tables_impute", "tables_predict", "tables_denoise"),
            *("tables_denoise_adult", "tables_detect", "tables_generate", "tables_generate_adult", "tables_compress"),
            *("tables_speed", "page_few_labels"),
        ),
    ),
    "digits": Subject(
        "Handwritten digits",
        "MNIST: density, compression, the five questions, held-out digits, few labels.",
        ("records_density", "records_five", "records_digits", "mnist_five", "compression", "semi"),
    ),
    "images": Subject(
        "Colour images and photographs",
        "Images of 32×32, photographs by patches, lossy files.",
        ("natural_images", "photographs", "lossy", "restore", "answer_speed", "flat_grey_rows"),
    ),
    "noise": Subject(
        "Noise and anomalies",
        "How the defaults of denoise and detect were chosen, and filters made for one kind of noise.",
        ("denoise_data", "noise_specialists", "choose_denoising", "choose_score"),
    ),
    "variants": Subject(
        "Variants",
        "The family beside pythae's models, remedies, augmentation.",
        ("family", "family_alone", "cost_of_a_variant", "remedies", "augment"),
    ),
    "sequences": Subject(
        "Series, text and sound",
        "Anomalies, gaps, forecasts and heartbeats; bits a character, typos, sentiment by few labels; recordings.",
        (
            "series_detect",
            "series_compress",
            "series_generate",
            "series_impute",
            "series_forecast",
            "heartbeats",
            "text",
            "few_labels_text",
            "sequence_speed",
        ),
    ),
    "speed": Subject(
        "Speed, memory and exact arithmetic",
        "Training, answers, start-up, growth with the number of rows.",
        (
            *("training_speed", "guide_epoch", "profile_shares", "growth", "row_path", "import_time"),
            *("block_price", "exact_arithmetic"),
        ),
    ),
    "scale": Subject(
        "Scale, service and answers in bulk",
        "Training from files larger than memory and on several processes, nodes simulated, a service, bulk answers.",
        ("larger_than_memory", "processes", "scale_simulation", "serving", "bulk"),
    ),
}


def pages(folder: Path = RESULTS) -> dict[str, str]:
    """The page of each subject."""
    return {name: page(subject, folder) for name, subject in SUBJECTS.items()}


def page(subject: Subject, folder: Path = RESULTS) -> str:
    """All figures of a subject's scripts."""
    head = f"""# {subject.title}: all figures

{subject.about} Names are those of the JSON files in `docs/results/`; the first lines of each script say what they
are. [Figures](../results.md) has the main ones in words.
"""
    found = [name for name in subject.scripts if (folder / f"{name}.json").exists()]
    return "\n".join([head, *(section(folder / f"{name}.json") for name in found)])


def everything(folder: Path) -> str:
    """All figures in a folder on one page."""
    return "\n".join(section(path) for path in sorted(folder.glob("*.json")))


def section(path: Path) -> str:
    """The figures of one script."""
    figures = json.loads(path.read_text())
    numbers = {n: v for n, v in figures.items() if not n.startswith("about.") and isinstance(v, int | float)}
    parts = [f"## `benchmarks/{command(path.stem)}`\n\n{about(figures)}\n"]
    if path.stem == "profile_shares":
        parts.append(shares(numbers))
    return "\n".join([*parts, *(text for text in tables(numbers) if text)])


def contents() -> str:
    """A list of the pages, with the scripts of each."""
    lines = []
    for name, subject in SUBJECTS.items():
        scripts = ", ".join(f"`{command(script)}`" for script in subject.scripts)
        lines.append((f"[{subject.title}](figures/{name}.md)", subject.about, scripts))
    return rows(("page", "figures", "scripts in `benchmarks/`"), lines)


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
    alike = _alike(groups)
    texts, alone = [], []
    for names in alike:
        columns = list(dict.fromkeys(column for row in names for column in groups[row]))
        if len(names) < 2 or len(columns) < 2:
            alone += [f"{row}.{column}".lstrip(".") for row in names for column in columns]
            continue
        texts.append(_grid({row: {c: groups[row].get(c) for c in columns} for row in names}))
    lines = [(_safe(name), f"{figures[name]:.4g}") for name in alone]
    return [rows(("figure", ""), lines) + "\n" if alone else "", *texts]


def _alike(groups: dict[str, Figures]) -> list[list[str]]:
    """Rows that share a table: of the same columns, or beside a row of the same parent that has all of theirs."""
    tables: dict[tuple[str, ...], list[str]] = {}
    for row, found in sorted(groups.items(), key=lambda group: -len(group[1])):
        parent = row.rpartition(".")[0]
        wider = (
            columns
            for columns, rows in tables.items()
            if len(found) > 1 and set(found) <= set(columns) and parent and rows[0].rpartition(".")[0] == parent
        )
        columns = tuple(found)
        tables.setdefault(columns if columns in tables else next(wider, columns), []).append(row)
    order = list(groups)
    return sorted((sorted(rows, key=order.index) for rows in tables.values()), key=lambda rows: order.index(rows[0]))


def _grid(found: dict[str, dict[str, float | None]]) -> str:
    """A line for each name; turned where that is narrower and the table would not fit the page."""
    columns = list(next(iter(found.values())))
    if len(columns) > WIDEST and len(found) < len(columns):
        found = {column: {row: found[row][column] for row in found} for column in columns}
    lines = [
        (_safe(row), *("" if value is None else f"{value:.4g}" for value in values.values()))
        for row, values in found.items()
    ]
    return rows(("", *map(_safe, next(iter(found.values())))), lines) + "\n"


def _safe(name: str) -> str:
    return name.replace("|", "/")
