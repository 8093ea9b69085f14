"""A weights file of an earlier version with everything that is measured after training made anew by today's code.

The weights stay; the density of the latents, the choice of the sampler, the latents of training rows, the residuals'
covariance, the widening of intervals, the calibration of detection and the rows' fingerprints are those that ``fit``
would keep today. The rows are MNIST's training images, in the order in which the file was fitted on them.

    python benchmarks/renew.py five.safetensors five_today.safetensors
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from common import Array, digits

from quintet import VAE, load
from quintet.data import identity
from quintet.estimators import fitting, intake, measured, taking
from quintet.estimators.holdout import split


def renew(vae: VAE, X: Array) -> list[str]:
    """Measure again on X, (n, *row_shape), the rows that a model without conditions was fitted on, in their order.

    Returns
    -------
    What was chosen, as in ``notes_``.
    """
    fitted = vae.fitted_
    rows, array = taking.rows_of(vae, X, fitted.schema)
    validation = float(fitted.options["training"].get("validation") or 0.0)
    parts = split(rows, vae.seed_, vae.calibration, validation)
    if parts.held_out != vae.held_out_:
        raise SystemExit(
            f"The file held {vae.held_out_} rows out, of these rows {parts.held_out} are: give its own rows."
        )
    notes = measured.prepare(fitted, parts, vae.seed_, None)
    fitted.reference |= identity.kept(parts.parts, intake.fingerprints(array, fitted.schema, rows))
    vae.notes_ = [note for note in vae.notes_ if not note.startswith("sampler=")] + notes
    vae.offset_ = fitting._offset(fitted, vae.false_alarms)
    return notes


def main() -> None:
    """Load, measure, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=None, help="the first so many training images; default all")
    parser.add_argument("--device", default="auto")
    args = parser.parse_args()
    vae = load(args.model, device=args.device)
    began = time.perf_counter()
    for note in renew(vae, digits("train")[0][: args.rows]):
        print(note)
    vae.save(args.out)
    print(f"{time.perf_counter() - began:.0f} s, written to {args.out}")


if __name__ == "__main__":
    main()
