"""One of the processes that the tests of several processes launch: ``process_worker.py JOB FOLDER [CASE ...]``.

Each process writes what it ends with to FOLDER, under the job's or the case's name and its rank.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from safetensors.torch import save_file

from quintet import VAE
from tests_reach import process_cases as cases

RANK = os.environ.get("RANK", "0")


def keep(folder: Path, name: str, vae: VAE) -> None:
    """Write the weights, the artifacts and the history of a model."""
    parts = {"model": vae.fitted_.model, "guide": vae.fitted_.guide}
    held = {f"{n}.{k}": v for n, m in parts.items() if m is not None for k, v in m.state_dict().items()}
    held |= {f"reference.{k}": v for k, v in vae.fitted_.artifacts.tensors().items()}
    save_file({k: v.contiguous() for k, v in held.items()}, folder / f"{name}.{RANK}.safetensors")
    about: dict[str, Any] = {"history": vae.history_.rows, "notes": vae.notes_, "options": vae.fitted_.options}
    (folder / f"{name}.{RANK}.json").write_text(json.dumps(about | {"seed": vae.seed_}))


def main(job: str, folder: Path, *names: str) -> None:
    """Train the named cases in turn."""
    torch.set_num_threads(1)
    if job == "cases":
        for name in names:
            keep(folder, name, cases.trained(name))
    else:
        getattr(cases, job)(folder)


if __name__ == "__main__":
    warnings.simplefilter("error")
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
