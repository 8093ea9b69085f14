"""Log density of binarised MNIST by the field's protocol, and its compression, with a separate weights file.

Train rows are binarised anew in each epoch (``kind="binarised"``), test rows once, with a fixed seed. Reported are
-ELBO and -log p by 1,000 importance samples in nats, and one real file of the test rows in bits per dimension, which
is decoded again under other settings, beside bz2 and xz of the packed bits.

    python benchmarks/records_density.py --save density.safetensors --json docs/results/records_density.json
    python benchmarks/records_density.py --model density.safetensors --json ...    # resumes a run
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import goals
import numpy as np
from common import Array, digits, table
from compression import binarised, general
from elsewhere import decoded_elsewhere, torch_of
from journal import Figures, Journal
from one_file import model_options, trained

from quintet import VAE

BLOCKS, DRAWS = 10, 1000
"""Importance sampling is split by tenths of the test rows, each a part of the journal."""


def log_p(journal: Journal, vae: VAE, rows: Array, draws: int, batch_rows: int, settings: str) -> None:
    """-log p, for a tenth of the rows at a time; with other than ``DRAWS`` samples under a name of its own."""
    suffix = "" if draws == DRAWS else f"_{draws}"
    if journal.has(f"log_p{suffix}", settings):
        return
    names = [f"log_p{suffix}_tenth{block}" for block in range(BLOCKS)]
    for name, some in zip(names, np.array_split(rows, BLOCKS), strict=True):
        work = partial(vae.log_prob, some, draws=draws, batch_rows=batch_rows)
        journal.part(name, settings, lambda name=name, work=work: {f"density.{name}": -float(work().mean())})
    if not set(names) & set(journal.broken):
        sizes = [len(some) for some in np.array_split(rows, BLOCKS)]
        mean = float(np.average([journal.figures[f"density.{name}"] for name in names], weights=sizes))
        journal.join(names, f"log_p{suffix}", settings, {f"density.neg_log_p{suffix}": mean})


def compress(vae: VAE, model: Path, rows: Array, train: Array, effort: str, python: str | None) -> Figures:
    """One real file of all rows, its equality after another process decoded it, and the speed both ways."""
    start = time.perf_counter()
    blob = vae.compress(rows, effort=effort)
    middle = time.perf_counter()
    back = vae.decompress(blob)
    end = time.perf_counter()
    there, other = decoded_elsewhere(model, blob)
    plain = general(np.packbits(rows).tobytes(), np.packbits(train).tobytes())
    under = {} if python is None else {"compress.binary_equal_other_torch": decoded_elsewhere(model, blob, python)[0]}
    return {
        "compress.binary_bpd": 8 * len(blob) / rows.size,
        "compress.binary_bytes": float(len(blob)),
        "compress.binary_equal": float(all(np.array_equal(x, rows) and x.dtype == rows.dtype for x in (back, there))),
        "compress.binary_images_per_s": len(rows) / (middle - start),
        "decompress.binary_images_per_s": len(rows) / (end - middle),
        "decompress.binary_elsewhere_images_per_s": len(rows) / other["seconds"],
        "memory.elsewhere": other["gib"],
        **{name: float(np.array_equal(found, rows)) for name, found in under.items()},
        **{f"compress.binary_{name}_bpd": 8 * size / rows.size for name, size in plain.items()},
    }


def main() -> None:
    """Fit or load, measure, print one table."""
    parser = model_options((__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="some of: elbo,log_p,compress")
    parser.add_argument("--draws", type=int, default=DRAWS, help="importance samples of a row")
    parser.add_argument("--batch-rows", type=int, default=64, help="test rows at a time, which bounds the memory")
    parser.add_argument("--effort", default="normal", help="of compress")
    parser.add_argument("--other", metavar="PYTHON", help="an interpreter with another PyTorch, to decode the file too")
    args = parser.parse_args()
    train, test = digits("train")[0], digits("test")[0]
    if args.quick:
        test, args.draws = test[:300], min(args.draws, 50)
    rows = binarised(test, args.seed)
    vae, path, made = trained(args, train, kind="binarised")
    if args.quick:
        train = train[:10_000]
    only = set(filter(None, args.only.split(",")))
    journal = Journal(args.json, vae.fitted_.fingerprint, args.seed, only, fresh=not args.model)
    journal.note(made)
    quick = ", quick" if args.quick else ""
    if not only or "elbo" in only:
        journal.part("elbo", f"{len(rows)} rows{quick}", lambda: {"density.neg_elbo": -float(vae.score(rows))})
    if not only or "compress" in only:
        some = binarised(train, args.seed + 1)
        work = partial(compress, vae, path, rows, some, args.effort, args.other)
        if args.other is not None:
            journal.note({"about.other_torch": torch_of(args.other)})
        journal.part("compress", f"{len(rows)} rows, effort {args.effort}{quick}", work)
    if not only or "log_p" in only:
        log_p(journal, vae, rows, args.draws, args.batch_rows, f"{len(rows)} rows, {args.draws} samples{quick}")
    title = "Density of binarised MNIST" + (" (quick: not the protocol)" if args.quick else "")
    table(title, goals.rows(goals.DENSITY, journal.figures), goals.HEAD)
    journal.close()


if __name__ == "__main__":
    main()
