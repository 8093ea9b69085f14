"""Decoding of a compressed file in a separate process with other arithmetic settings, as on another machine.

The settings: another number of threads, other batches, no oneDNN, and on x86 the baseline kernels of PyTorch.

    python benchmarks/elsewhere.py MODEL FILE OUT.npy --threads 2 --batch-rows 100
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from common import Array, peak_gib

from quintet import load


def decoded_elsewhere(model: Path, blob: bytes, python: str = sys.executable) -> tuple[Array, dict[str, float]]:
    """The rows that the other process found, its seconds and its memory in GiB; ``python`` may have another PyTorch."""
    threads = 1 if torch.get_num_threads() > 1 else 2
    settings = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    if platform.machine() in ("x86_64", "AMD64"):
        settings["ATEN_CPU_CAPABILITY"] = "avx2"
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "rows.qnt", Path(folder) / "rows.npy"
        file.write_bytes(blob)
        command = [python, __file__, str(model), str(file), str(out), "--threads", str(threads)]
        result = subprocess.run(command, check=True, env=os.environ | settings, stdout=subprocess.PIPE, text=True)
        rows: Array = np.load(out)
        figures: dict[str, float] = json.loads(result.stdout)
    return rows, figures


def torch_of(python: str) -> str:
    """The version of an interpreter's PyTorch."""
    command = [python, "-c", "import torch; print(torch.__version__)"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def main() -> None:
    """Decode, and print seconds and memory as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch-rows", type=int, default=100)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    vae = load(args.model)
    began = time.perf_counter()
    with torch.backends.mkldnn.flags(enabled=False, allow_tf32=None):
        np.save(args.out, vae.decompress(args.file.read_bytes(), batch_rows=args.batch_rows))
    print(json.dumps({"seconds": time.perf_counter() - began, "gib": peak_gib()}))


if __name__ == "__main__":
    main()
