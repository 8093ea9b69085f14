"""Every file of series as a real file: ours beside packers of text, of columns and of series.

Files: ETTh1.csv, six metrics of NAB (CSV), ECG5000 (a CSV of 500 beats, a line each). ``rest``: the first half of the
lines trains, the second half is a file of its own, with the header. ``_primed``: what the second half adds to the
packed first (zstd: with the first as a dictionary). ``whole``: the entire file, ours trained on all of it and its
weights counted (``whole``) or not (``whole_apart``). Figures are bits a cell (a line's time is a cell); ``MB``:
megabytes of text packed a second. Packers of text and ours give back the file byte for byte. Packers of columns give
back numbers: to their advantage neither header nor how a number is written is counted, each column is taken in the
type that packs best (float64; float32 or whole multiples of a power of ten where exact), and times are whole seconds.
``gorilla``: Pelkonen et al., 2015, counted here; ``alp``: Afroozeh and Boncz, 2024, as the package alp-codec writes
it.

    python benchmarks/series_compress.py --opponents PYTHON --cache compress.json --json series_compress.json
    python benchmarks/series_compress.py --cache compress.json --go-on ours.json --files ETTh1
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import lzma
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from common import Array, write_json
from series_columns import Columns, gorilla_bytes
from series_common import case_figures, flat, means, parsed, series_options
from series_files import files
from series_ours import packed
from tables_common import Clock, Figures, print_group

KINDS: dict[str, dict[str, Any]] = {"ours": {}}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": partial(gzip.compress, compresslevel=9),
    "bz2": bz2.compress,
    "xz": partial(lzma.compress, preset=9 | lzma.PRESET_EXTREME),
}
ELSEWHERE_TEXT = ("zstd", "ppmd")
ELSEWHERE_COLUMNS = ("pcodec", "parquet", "alp")
SHOWN = ("rest", "rest_primed", "rest_with_weights", "whole", "whole_apart", "MB", "fit_seconds")


def one_case(name: str, text: bytes, args: argparse.Namespace) -> dict[str, Figures]:
    """Every system's figures on one file."""
    lines = text.splitlines(keepends=True)
    head, body = lines[0], lines[1:]
    body = body[:2000] if args.quick else body
    half = len(body) // 2
    before, rest, whole = (b"".join([head, *part]) for part in (body[:half], body[half:], body))
    cells = {"rest": (len(body) - half) * len(head.split(b",")), "whole": len(body) * len(head.split(b","))}

    def figures(sizes: dict[str, float], clock: Clock, size: int) -> Figures:
        bits = {key: 8 * value / cells["rest" if key.startswith("rest") else "whole"] for key, value in sizes.items()}
        return bits | {"MB": size / 1e6 / clock.seconds["compress"], "fit_seconds": clock.seconds.get("fit", 0.0)}

    def by_text(system: str) -> Figures:
        pack, clock = PACKERS[system], Clock()
        sizes = {"rest": len(pack(rest)), "whole": len(pack(whole))}
        clock("compress")
        sizes["rest_primed"] = len(pack(whole)) - len(pack(before))
        return figures(sizes, clock, len(rest) + len(whole))

    def elsewhere_text(system: str) -> Figures:
        arrays = {
            key: np.frombuffer(part, np.uint8) for key, part in (("before", before), ("text", rest), ("whole", whole))
        }
        answer = args.elsewhere.run(system, "sizes", arrays)
        clock = Clock()
        clock.seconds = dict(answer.seconds)
        sizes = dict(zip(("rest", "rest_primed", "whole"), answer.frames["bytes"].tolist(), strict=True))
        return figures(sizes, clock, len(rest) + len(whole))

    def elsewhere_columns(system: str) -> Figures:
        sizes, seconds = {}, 0.0
        for key, part in (("rest", rest), ("whole", whole)):
            columns = Columns(part)
            answers = args.elsewhere.run(system, "sizes", columns.candidates())
            sizes[key] = columns.best(answers.frames["bytes"])
            seconds += answers.seconds["compress"]
        clock = Clock()
        clock.seconds = {"compress": seconds}
        return figures(sizes, clock, len(rest) + len(whole))

    def gorilla() -> Figures:
        clock = Clock()
        sizes = {"rest": float(gorilla_bytes(Columns(rest))), "whole": float(gorilla_bytes(Columns(whole)))}
        clock("compress")
        return figures(sizes, clock, len(rest) + len(whole))

    def ours(options: dict[str, Any]) -> Figures:
        clock, sizes, spent = Clock(), {}, {"fit": 0.0, "compress": 0.0}
        for key, train, asked in (("rest", before, rest), ("whole", whole, whole)):
            size, weights, seconds = packed(options, train, asked, args.seed)
            sizes |= {"rest": size, "rest_with_weights": size + weights} if key == "rest" else {}
            sizes |= {"whole": size + weights, "whole_apart": size} if key == "whole" else {}
            spent = {part: spent[part] + seconds[part] for part in spent}
        clock.seconds = {"compress": spent["compress"], "fit": spent["fit"] / 2}
        return figures(sizes, clock, len(rest) + len(whole))

    systems = {system: partial(by_text, system) for system in PACKERS}
    systems |= {system: partial(elsewhere_text, system) for system in ELSEWHERE_TEXT}
    systems |= {system: partial(elsewhere_columns, system) for system in ELSEWHERE_COLUMNS}
    return case_figures(args, f"{name}.{args.seed}", systems | {"gorilla": gorilla}, ours, "rest")


def least(found: dict[str, Figures], key: str) -> Array:
    """The fewest bits that any opponent needs; the primed ones count in ``rest``."""
    keys = (key, f"{key}_primed")
    return np.array(
        [row[k] for system, row in found.items() if not system.startswith("ours") for k in keys if k in row]
    )


def main() -> None:
    """Run every file; print its table and the means."""
    parser = series_options(__doc__ or "")
    parser.add_argument("--files", help="some of the files, by name", type=lambda text: text.split(","))
    args = parsed(parser, KINDS)
    chosen = args.files or (("rds_cpu_utilization_cc0c53",) if args.quick else None)
    found = {name: one_case(name, text, args) for name, text in files().items() if chosen is None or name in chosen}
    figures: Figures = {}
    for name, case in found.items():
        figures |= flat(name, case)
        print_group(figures, name, SHOWN)
        for key in ("rest", "whole"):
            if len(sizes := least(case, key)):
                figures[f"best.{name}.{key}"] = float(sizes.min())
    figures |= flat("mean", means(list(found.values())))
    print_group(figures, "mean", SHOWN)
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
