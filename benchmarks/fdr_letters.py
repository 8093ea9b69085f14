"""False discovery rate at ``fdr=0.1``: false alarms among the alarms, and letters found, over 50 mixtures.

A mixture is 950 of MNIST's test digits and 50 of notMNIST's letters, framed like digits and drawn anew for each. The
p-value of a row depends on the row alone, so that all p-values are computed once and each mixture is decided from them.

    python benchmarks/fdr_letters.py --model digits.safetensors
"""

from __future__ import annotations

from typing import Any

import numpy as np
from common import digits, table, write_json
from one_file import model_options, trained

from quintet.data.readers.letters import frame_glyphs
from quintet.tasks.detect.p_values import discoveries

FDR, DRAWS, ROWS, STRANGE = 0.1, 50, 1000, 50
GLYPHS = 3000


def fdr_letters(vae: Any, seed: int) -> dict[str, float]:
    """The means over the mixtures: share of digits among the rows called, and of letters called among the letters.

    ``detect.false_alarms05`` and ``detect.false_alarms005`` are the shares of test digits with p <= 0.05 and 0.005.
    """
    rows, glyphs = digits("test")[0], frame_glyphs(digits("test", "notMNIST")[0][:GLYPHS])
    p = vae.detect(np.concatenate([rows, glyphs]), fdr=FDR).p_values
    normal, strange = p[: len(rows)], p[len(rows) :]
    rng = np.random.default_rng((seed, 5))
    false, found = [], []
    for _ in range(DRAWS):
        some = rng.choice(len(normal), ROWS - STRANGE, replace=False)
        odd = rng.choice(len(strange), STRANGE, replace=False)
        called = discoveries(np.concatenate([normal[some], strange[odd]]), FDR)
        false.append(called[: len(some)].sum() / max(called.sum(), 1))
        found.append(called[len(some) :].mean())
    return {
        "detect.fdr": float(np.mean(false)),
        "detect.power": float(np.mean(found)),
        "detect.false_alarms05": float((normal <= 0.05).mean()),
        "detect.false_alarms005": float((normal <= 0.005).mean()),
    }


def main() -> None:
    """Ask a trained file, or fit one."""
    parser = model_options((__doc__ or "").splitlines()[0])
    parser.set_defaults(preset="fast", minutes=9.5)
    args = parser.parse_args()
    vae, _, cost = trained(args, digits("train")[0])
    figures = fdr_letters(vae, args.seed)
    table("fdr=0.1, 5 % letters", [(name, f"{value:.4f}") for name, value in figures.items()], ("figure", ""))
    write_json(args.json, {**figures, **cost}, args.seed)


if __name__ == "__main__":
    main()
