"""Share of matrix products and convolutions in a training step and in the coder, for both presets, on MNIST.

PyTorch's profiler gives the shares of wall clock time: products and convolutions, all other tensor operations, and the
rest, which is Python, NumPy and the entropy coder.

The models of both presets are given, or fitted here for some minutes: with a poor model the coder leaves rows to a
general compressor.

    python benchmarks/profile_shares.py --model fast.safetensors --model best.safetensors --json FILE
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from common import Array, digits, filling, options, table, write_json
from torch.profiler import ProfilerActivity, profile

from quintet import VAE, load
from quintet.estimators import building
from quintet.estimators._fit.job import job_of
from quintet.training import fit

PRODUCT = re.compile(r"aten::(\w*mm|\w*mv|dot|linear|matmul|\w*conv\w*|mkldnn_\w+|einsum)(_backward)?$")


def shares(work: Callable[[], object]) -> dict[str, float]:
    """Seconds of ``work``, and the shares of them."""
    with profile(activities=[ProfilerActivity.CPU]) as found:
        began = time.perf_counter()
        work()
        seconds = time.perf_counter() - began
    events: list[Any] = [event for event in found.events() if event.name.startswith("aten::")]
    products = [event for event in events if PRODUCT.match(event.name) and not _inside(event)]
    leaves = [event for event in events if not event.cpu_children and not PRODUCT.match(event.name)]
    matrix, other = (sum(event.self_cpu_time_total for event in some) / 1e6 for some in (products, leaves))
    return {
        "seconds": seconds,
        "matrix_products": matrix / seconds,
        "other_tensor_operations": other / seconds,
        "rest": 1 - (matrix + other) / seconds,
    }


def _inside(event: Any) -> bool:
    """Whether there is a product within this one, which then only calls it."""
    return any(PRODUCT.match(child.name) or _inside(child) for child in event.cpu_children)


def training(vae: VAE, rows: Array) -> Callable[[], object]:
    """An epoch of the joint's stage over the rows, from weights as they are drawn."""
    job = job_of(vae, rows, rows)
    recipe = building.build(job.variant, job.schema, job.latent_dim, job.network, job.seed)
    joint, plan = replace(recipe, stages=recipe.stages[:1]), replace(job.plan, epochs=1)
    return partial(fit, joint, job.parts.train, None, plan, job.seed, device="cpu")


def main() -> None:
    """One table of all files."""
    parser = options((__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--model", type=Path, action="append", default=[], help="a weights file of raw digits, which names its figures"
    )
    parser.add_argument("--presets", default="fast,best", help="to fit where no file is given")
    parser.add_argument("--minutes", type=float, default=5.0, help="of each fit")
    parser.add_argument("--steps", type=int, default=12, help="of training that are profiled")
    parser.add_argument("--rows", type=int, default=256, help="images for the coder")
    args = parser.parse_args()
    if args.quick:
        args.steps, args.rows, args.minutes = 3, 64, 0.5
    train, test = digits("train")[0], digits("test")[0][: args.rows]
    figures: dict[str, float] = {}
    vaes = {path.stem: load(path) for path in args.model} or {
        preset: VAE(preset=preset, random_state=args.seed, **filling(args.minutes)).fit(train)
        for preset in args.presets.split(",")
    }
    for preset, vae in vaes.items():
        epoch = training(vae, train[: args.steps * vae.fitted_.options["training"]["batch_size"]])
        blob = vae.compress(test, effort="low")
        parts = {"training": epoch, "compress": partial(vae.compress, test, effort="low")}
        for name, work in (parts | {"decompress": partial(vae.decompress, blob)}).items():
            work()  # once before, so that nothing is made for the first time
            figures |= {f"{preset}.{name}.{what}": value for what, value in shares(work).items()}
    lines = []
    for name in dict.fromkeys(key.rpartition(".")[0] for key in figures):
        parts_of_time = (figures[f"{name}.{k}"] for k in ("matrix_products", "other_tensor_operations", "rest"))
        lines.append((name, f"{figures[f'{name}.seconds']:.2f}", *(f"{share:.0%}" for share in parts_of_time)))
    table("Shares of the time", lines, ("", "seconds", "matrix products", "other operations", "rest"))
    write_json(args.json, figures | {"images": float(len(test)), "steps": float(args.steps)}, args.seed)


if __name__ == "__main__":
    main()
