"""Adult's census rows, 6 numeric and 9 categorical columns: bits of a real file, and whether latents earn their price.

One core trains ``VAE(max_minutes=6)`` on the training rows as they are. The test rows are compressed into one file,
everything counted but the model's own file, and decompressed. The same network is trained once more without latents,
and the plain decoder, whose cells are independent given z, once more on its own. Packers read the same rows as CSV.

    python benchmarks/adult_context.py --json docs/results/adult_context.json
"""

from __future__ import annotations

import bz2
import lzma
import math
import time
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import torch
from common import data_folder, options, table, write_json
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.models.context import stage
from quintet.noise import Noise
from quintet.tasks.compress import describe_file

INCOME = "wage_class"
ACTIVE = 0.01
"""Least variance over rows of a latent's posterior mean that is active (Burda et al., 2016)."""


def main() -> None:
    """Train, compress, compare; print one table."""
    args = options(__doc__ or "").parse_args()
    torch.set_num_threads(1)
    folder = data_folder() / "tables"
    train, test = (pd.read_csv(folder / f"adult_{part}.csv.gz") for part in ("train", "test"))
    if args.quick:
        train, test = train.head(4000), test.head(1000)
    began = time.perf_counter()
    vae = VAE(max_minutes=6, random_state=args.seed).fit(train)
    figures: dict[str, float] = {"fit_seconds": time.perf_counter() - began}
    figures |= file_bits(vae, test) | packers(train, test) | likelihoods(vae, test) | latents(vae, train, test)
    figures["without_latents.bits"] = without_latents(train, test, args.seed)
    plain = VAE(max_minutes=6, context="none", random_state=args.seed).fit(train)
    figures["plain_decoder.file_bits"] = 8 * len(plain.compress(test, effort="low")) / len(test)
    table("Adult, the test rows", [(name, f"{value:.4g}") for name, value in figures.items()], ("figure", ""))
    if args.json:
        write_json(args.json, figures, args.seed)


def file_bits(vae: VAE, test: pd.DataFrame) -> dict[str, float]:
    """Bits a row of the file of the test rows, all of it and its parts; and rows a second."""
    n, began = len(test), time.perf_counter()
    blob = vae.compress(test, effort="low")
    packed = time.perf_counter()
    pd.testing.assert_frame_equal(vae.decompress(blob), test)
    unpacked = time.perf_counter()
    about = describe_file(blob, vae.fitted_)
    with TemporaryDirectory() as folder:
        vae.save(Path(folder, "model.safetensors"))
        size = Path(folder, "model.safetensors").stat().st_size
    return {
        "file_bits": 8 * len(blob) / n,
        "file_bits.latents": about.ledger.latents / n,
        "file_bits.cells": about.ledger.cells / n,
        "file_bits.rest": (8 * len(blob) - about.score) / n,
        "compress_rows_per_s": n / (packed - began),
        "decompress_rows_per_s": n / (unpacked - packed),
        "model_mib": size / 2**20,
    }


def packers(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, float]:
    """Bits a row of general packers on the same rows as CSV; "xz_primed" has read the training rows before."""
    text = test.to_csv(index=False).encode()
    sizes = {
        "xz": lzma.compress(text, preset=9 | lzma.PRESET_EXTREME),
        "bz2": bz2.compress(text, 9),
        "zlib": zlib.compress(text, 9),
    }
    before, rows = train.to_csv(index=False).encode(), test.to_csv(index=False, header=False).encode()
    both, alone = (len(lzma.compress(part, preset=9 | lzma.PRESET_EXTREME)) for part in (before + rows, before))
    found = {f"{name}.file_bits": 8 * len(packed) / len(test) for name, packed in sizes.items()}
    return found | {"xz_primed.file_bits": 8 * (both - alone) / len(test)}


@torch.no_grad()
def likelihoods(vae: VAE, test: pd.DataFrame) -> dict[str, float]:
    """-ELBO, its KL and the likelihood without latents of the test rows' observed cells, in bits a row."""
    model, batch, unit = vae.fitted_.model, batch_of(vae, test), units(vae)
    draw = model.draw(batch.x, batch.observed, Noise(0), batch.condition)
    layer = draw.layers[0]
    nats = -((draw.likelihood.log_prob(batch.x)[0] + unit) * batch.observed).sum(1).mean()
    kl = (layer.posterior.log_prob(layer.z).sum(-1) - model.log_prior(layer.z)).mean()
    null = chain_bits(vae, test)
    bits = float(nats + kl) / math.log(2)
    return {"minus_elbo_bits": bits, "kl_nats": float(kl), "null_path.bits": null}


@torch.no_grad()
def chain_bits(vae: VAE, test: pd.DataFrame) -> float:
    """Bits a row of the chain without latents."""
    model, batch, unit = vae.fitted_.model, batch_of(vae, test), units(vae)
    own = model.without_latents(len(batch.x)).terms(batch.x, batch.observed)[0]
    return -float(((own + unit) * batch.observed).sum(1).mean()) / math.log(2)


def without_latents(train: pd.DataFrame, test: pd.DataFrame, seed: int) -> float:
    """Bits a row of the same network, steps and seed, trained without latents."""
    share, stage.WITHOUT_Z = stage.WITHOUT_Z, 1.0
    try:
        vae = VAE(max_minutes=6, random_state=seed).fit(train)
    finally:
        stage.WITHOUT_Z = share
    return chain_bits(vae, test)


def latents(vae: VAE, train: pd.DataFrame, test: pd.DataFrame) -> dict[str, float]:
    """Active latents, and how well a linear probe of the posterior means ranks the test rows by income."""
    known, new = vae.transform(train), vae.transform(test)
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(known, train[INCOME])
    auc = roc_auc_score(test[INCOME] == probe.classes_[1], probe.predict_proba(new)[:, 1])
    return {"active_latents": float((new.var(0) > ACTIVE).sum()), "probe_auc": float(auc)}


def batch_of(vae: VAE, rows: pd.DataFrame) -> Any:
    """All rows as one batch."""
    schema = vae.fitted_.schema
    return Rows.of(schema.encode(rows), schema).batch(slice(None))


def units(vae: VAE) -> torch.Tensor:
    """Summand from log densities in the model's units to log densities of the user's, (cells,)."""
    return -torch.tensor(np.log(np.asarray(vae.fitted_.schema.scale))).float()


if __name__ == "__main__":
    main()
