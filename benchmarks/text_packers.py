"""Opponents in bits of held-out lines: xz and PPMd that have seen the training lines, Kneser–Ney over characters.

Of a packer, the size of training and asked lines together less the size of the training lines. What they have to
choose, the order, is chosen on the validation lines.

    python benchmarks/text_packers.py --opponents PYTHON
"""

from __future__ import annotations

import json
import lzma
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from common import options
from text_data import SETS, Split, characters, split
from text_ngram import KneserNey

PPMD_ORDERS = tuple(range(2, 17))
NGRAM_ORDERS = (3, 4, 5, 6, 7, 8, 9, 10, 12)
GRAMS = 5


def as_bytes(lines: list[str]) -> bytes:
    """The lines as a file."""
    return "".join(line + "\n" for line in lines).encode()


def added(size: Callable[[bytes], int], before: list[str], lines: list[str]) -> int:
    """Bits that a packer needs for ``lines`` after ``before``."""
    return 8 * (size(as_bytes(before + lines)) - size(as_bytes(before)))


def xz(text: bytes) -> int:
    """Bytes by xz at its best preset, without the container."""
    best = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}
    return len(lzma.compress(text, lzma.FORMAT_RAW, filters=[best]))


def ppmd_sizes(python: str, text: bytes, orders: Sequence[int]) -> dict[int, int]:
    """Bytes by PPMd for each order, in an interpreter that has pyppmd."""
    script = Path(__file__).with_name("opponents") / "text_ppmd.py"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "text"
        file.write_bytes(text)
        command = [python, str(script), str(file), *map(str, orders)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return {int(order): size for order, size in json.loads(done.stdout).items()}


def ppmd(python: str, lines: Split) -> dict[str, float]:
    """Bits a character of the asked lines by PPMd after the training lines, its order from the validation lines."""

    def by_order(asked: list[str], orders: Sequence[int]) -> dict[int, int]:
        sizes = [ppmd_sizes(python, as_bytes(part), orders) for part in (lines.train + asked, lines.train)]
        return {order: 8 * (sizes[0][order] - sizes[1][order]) for order in orders}

    tuning = by_order(lines.valid, PPMD_ORDERS)
    order = min(tuning, key=tuning.__getitem__)
    return {"ppmd": by_order(lines.test, (order,))[order] / characters(lines.test), "ppmd_order": order}


def ngrams(lines: Split, orders: Sequence[int] = NGRAM_ORDERS) -> dict[str, float]:
    """Bits a character by Kneser–Ney of order 5, and of the order that the validation lines choose."""
    tuning = {order: KneserNey(lines.train, order).bits(lines.valid) for order in orders}
    order = min(tuning, key=tuning.__getitem__)
    found = {f"kneser_ney_{GRAMS}": GRAMS, "kneser_ney_best": order}
    bits = {name: KneserNey(lines.train, n).bits(lines.test) / characters(lines.test) for name, n in found.items()}
    return bits | {"kneser_ney_order": order}


def figures(lines: Split, python: str | None) -> dict[str, float]:
    """Bits a character of each opponent."""
    found = {"xz": added(xz, lines.train, lines.test) / characters(lines.test)} | ngrams(lines)
    return found | ppmd(python, lines) if python else found


def main() -> None:
    """Print the opponents' figures of each set."""
    parser = options(__doc__ or "")
    parser.add_argument("--opponents", metavar="PYTHON", default=os.environ.get("QUINTET_OPPONENTS"))
    args = parser.parse_args()
    for name in SETS:
        began = time.perf_counter()
        lines = split(name, args.seed, 3000 if args.quick else None)
        sizes = f"{len(lines.train)} train, {len(lines.valid)} valid, {len(lines.test)} test lines"
        print(f"{name}: {sizes}, {characters(lines.test)} asked characters with line feeds", flush=True)
        for system, bits in figures(lines, args.opponents).items():
            print(f"  {system:18s} {bits:.4f}", flush=True)
        print(f"  {time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
