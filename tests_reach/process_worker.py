"""One of the processes that the tests launch: ``process_worker.py FOLDER CASE ...``.

Each process writes what it ends with to FOLDER, under the case's name and its rank.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from safetensors.torch import save_file
from torch import Tensor

from quintet import VAE
from tests_reach import process_cases as cases


def held_by(vae: VAE) -> dict[str, Tensor]:
    """The weights and artifacts of a model."""
    parts = {"model": vae.fitted_.model, "guide": vae.fitted_.guide}
    held = {f"{n}.{k}": v for n, m in parts.items() if m is not None for k, v in m.state_dict().items()}
    held |= {f"reference.{k}": v for k, v in vae.fitted_.artifacts.tensors().items()}
    return {name: tensor.contiguous() for name, tensor in held.items()}


def main(folder: Path, *names: str) -> None:
    """Train the cases in turn."""
    torch.set_num_threads(1)
    for name in names:
        vae = cases.trained(name, folder)
        place = folder / f"{name}.{os.environ.get('RANK', '0')}"
        save_file(held_by(vae), place.with_name(f"{place.name}.safetensors"))
        about = {"history": vae.history_.rows, "notes": vae.notes_, "options": vae.fitted_.options, "seed": vae.seed_}
        place.with_name(f"{place.name}.json").write_text(json.dumps(about))


if __name__ == "__main__":
    warnings.simplefilter("error")
    main(Path(sys.argv[1]), *sys.argv[2:])
