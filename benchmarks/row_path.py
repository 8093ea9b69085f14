"""Which files of the library one row of a table meets in ``fit`` and in each question.

    python benchmarks/row_path.py [--files] [--json FILE]

A file is met if one of its functions runs; modules that are only imported are not counted.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from common import options, write_json
from sklearn.datasets import load_wine

import quintet
from quintet import VAE

ROOT = Path(quintet.__file__).parent


def files_met(run: Callable[[], Any]) -> list[str]:
    """Files of the library whose functions ``run`` calls, relative to the package."""
    found: set[str] = set()

    def profile(frame: FrameType, event: str, _: Any) -> None:
        path, name = frame.f_code.co_filename, frame.f_code.co_name
        if event == "call" and name not in ("<module>", "<lambda>") and path.startswith(str(ROOT)):
            found.add(str(Path(path).relative_to(ROOT)))

    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(None)
    return sorted(found)


def main() -> None:
    """Print the number of files for each question, and with ``--files`` their names."""
    parser = options((__doc__ or "").splitlines()[0])
    parser.add_argument("--files", action="store_true", help="print the names of the files")
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    wine = load_wine().data
    vae, new = VAE("vae", epochs=2, latent_dim=3, random_state=args.seed), wine[150:]
    holes = new.copy()
    holes[:, 3] = np.nan
    questions: dict[str, Callable[[], Any]] = {
        "fit": lambda: vae.fit(wine[:150]),
        "generate": lambda: vae.generate(5),
        "compress": lambda: vae.compress(new),
        "denoise": lambda: vae.denoise(new),
        "detect": lambda: vae.detect(new),
        "impute": lambda: vae.impute(holes),
    }
    figures: dict[str, float] = {}
    for name, run in questions.items():
        met = files_met(run)
        figures[f"{name}.files"] = len(met)
        print(f"{name}: {len(met)} files" + ("\n  " + "\n  ".join(met) if args.files else ""))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
